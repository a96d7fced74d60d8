/* What libcurl's URL API makes of URLs, with the flags that the curl tool sets, and without regard
   to which schemes this build can speak.

   Lines and answers are as `cargo xtask readings` documents them (xtask/src/readings/programs.rs). */

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_part(CURLU *url, CURLUPart what, const char *without) {
    char *part = NULL;
    if (curl_url_get(url, what, &part, 0) != CURLUE_OK) {
        fputs(without, stdout);
        return;
    }
    putchar('=');
    for (const char *byte = part; *byte; byte++)
        printf("%02x", (unsigned char)*byte);
    curl_free(part);
}

static void answer(const char *text) {
    CURLU *url = curl_url();
    if (url == NULL)
        exit(1);
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) != CURLUE_OK) {
        putchar('!');
    } else {
        print_part(url, CURLUPART_HOST, "=");
        putchar(',');
        print_part(url, CURLUPART_PORT, "-");
    }
    putchar('\n');
    curl_url_cleanup(url);
}

int main(void) {
    printf("libcurl=libcurl %s\n", curl_version_info(CURLVERSION_NOW)->version);
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0) {
        /* A pair of hexadecimal digits is decoded to where its first half stood, or before. */
        size_t bytes = (size_t)(length - 1) / 2;
        for (size_t i = 0; i < bytes; i++) {
            unsigned int byte;
            sscanf(line + 2 * i, "%2x", &byte);
            line[i] = (char)byte;
        }
        line[bytes] = 0;
        /* A string of C ends at a zero: no caller could hand this text over. */
        if (memchr(line, 0, bytes) != NULL)
            puts("!");
        else
            answer(line);
    }
    free(line);
    return 0;
}
