// What Go's net/url makes of URLs.
//
// Lines and answers are as `cargo xtask readings` documents them (xtask/src/readings/programs.rs).
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"runtime"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintf(out, "go=%s\n", runtime.Version())
	for in.Scan() {
		text, err := hex.DecodeString(in.Text())
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(out, answer(string(text)))
	}
}

func answer(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return "!"
	}
	port := "-"
	if p := parsed.Port(); p != "" {
		port = "=" + hex.EncodeToString([]byte(p))
	}
	return "=" + hex.EncodeToString([]byte(parsed.Hostname())) + "," + port
}
