//! The template of a path: what stays the same from request to request of one endpoint.

use super::segments::{Segment, Segments, split};

/// The path template of a request target: identifiers become `{id}`, and from the segment where a
/// URL or host begins everything becomes `{rest}`, so that different destinations are one place.
///
/// Words stay as they are, percent-decoded; empty and dot segments, `;`-parameters and a trailing
/// slash are dropped. At most [`sortie_model::limits::PATH_SEGMENTS`] segments are told apart.
pub fn template(target: &str) -> String {
    of(&split(target))
}

pub(super) fn of(split: &Segments<'_>) -> String {
    let mut template = String::with_capacity(64);
    for segment in &split.segments {
        template.push('/');
        match segment {
            Segment::Word(word) => template.push_str(word),
            Segment::Id { before, after, .. } => {
                template.push_str(before);
                template.push_str("{id}");
                template.push_str(after);
            }
        }
    }
    if split.rest.is_some() {
        template.push_str("/{rest}");
    }
    if template.is_empty() {
        template.push('/');
    }
    template
}

#[cfg(test)]
mod tests {
    use sortie_model::limits;

    use super::template;

    #[track_caller]
    fn is(target: &str, expected: &str) {
        assert_eq!(template(target), expected, "{target}");
    }

    #[test]
    fn ids_become_parameters_and_words_stay() {
        is("/", "/");
        is("", "/");
        is("/v1/users/17?x=http://h/", "/v1/users/{id}");
        is("/v1/users/8f14e45fceea167a/hooks/", "/v1/users/{id}/hooks");
        is("/api/v2.1/meta-data", "/api/v2.1/meta-data");
        is("/users/a@b.example/x", "/users/{id}/x");
        is("/orders/2026-11-24.csv", "/orders/{id}.csv");
        is("/orders/17.json", "/orders/{id}.json");
        is("/config.json", "/config.json");
        is("/Products(17)/Name", "/Products({id})/Name");
        is("/img/640x480/logo.png", "/img/{id}/logo.png");
        is("/call/+491701234567", "/call/{id}");
        is("/a%20b", "/{id}");
        is("/{id}", "/{id}");
        is("/x/aHR0cDovL2EuYi9jL2Q/y", "/x/{id}/y");
    }

    #[test]
    fn spellings_of_one_path_are_one() {
        for target in [
            "/v1/hooks",
            "/v1/hooks/",
            "//v1//hooks",
            "/v1/%68ooks",
            "/v1/./hooks",
            "/v1/x/../hooks",
            "/v1/hooks;v=1",
            "/v1/hooks?a=b",
            "/v1/%2e/hooks#x",
        ] {
            is(target, "/v1/hooks");
        }
    }

    #[test]
    fn a_destination_makes_one_rest() {
        for rest in [
            "http://10.20.0.5/a.png",
            "http:/10.20.0.5/a.png",
            "http%3A%2F%2F10.20.0.5%2Fa.png",
            "http%3a//10.20.0.5/a.png",
            "http%253A%252F%252Fh%252F",
            "10.20.0.5:8080/a.png",
            "cdn.example.test/og/p.png",
            "cdn.example.test%2Fa.png",
            "gopher://h/x",
            "filters:watermark(http://10.20.0.5:8080/w.png,0,0,50)/http://cdn.example.test/a.png",
            "filters:watermark(10.20.0.5:8080/w.png,0)/cdn.example.test/a.png",
            "url=http://h/",
            "http/billing/charge",
            "https/h.example:8443",
            "localhost/x",
            "file:///etc/passwd",
            "http://a/filters:x(http://b/)/c",
        ] {
            is(&format!("/unsafe/20x20/{rest}"), "/unsafe/{id}/{rest}");
        }
        is("/http://h/", "/{rest}");
    }

    #[test]
    fn hosts_in_their_collections_are_ids() {
        is("/v2/domains/example.com/records/17", "/v2/domains/{id}/records/{id}");
        is("/v1/servers/10.0.0.1/stats", "/v1/servers/{id}/stats");
        is("/v2/domains/http://example.com/records", "/v2/domains/{rest}");
    }

    #[test]
    fn what_is_put_in_the_place_of_a_label_is_one_id() {
        for tenant in [
            "acme",
            "eu-1",
            "17",
            "v1",
            "a.b",
            "acme;v=1",
            "169.254.169.254%2Fx%23",
            "%31%36%39%2e254.169.254%2Fx%23",
            "127.0.0.1%3A8080%3F",
            "http%3A%2F%2F10.20.0.5%2Fx%23",
            "x%3By%4010.20.0.5%2F",
        ] {
            is(&format!("/api/tenants/{tenant}/status"), "/api/tenants/{id}/status");
        }
        is("/orgs/acme.json", "/orgs/{id}.json");
        is("/tenants/http://10.20.0.5/x", "/tenants/{rest}");
        is("/tenants/../x", "/x");
    }

    #[test]
    fn words_with_dots_and_colons_are_words() {
        for target in [
            "/api/users.list",
            "/api/auth.test",
            "/app.min.js",
            "/docs/http/overview",
            "/v1/messages:batch",
            "/files/report.pdf",
            "/repos/octokit/octokit.rb",
        ] {
            is(target, target);
        }
    }

    #[test]
    fn is_bounded() {
        let long = template(&"/a".repeat(1000));
        assert_eq!(long.split('/').count() - 1, limits::PATH_SEGMENTS);
        assert!(long.ends_with("/{rest}"));
        assert_eq!(template(&format!("/{}", "a".repeat(60_000))), "/{id}");
        assert_eq!(template(&"/..".repeat(20_000)), "/");
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_is_stable(target in "(/|[a-zA-Z0-9.:;%()@é-]|%2[fFeE]|http){0,80}") {
            let once = template(&target);
            proptest::prop_assert!(once.starts_with('/') && once.split('/').count() <= limits::PATH_SEGMENTS + 1);
            proptest::prop_assert!(once.len() == 1 || !once.ends_with('/'));
        }

        #[test]
        fn different_urls_are_one_place(host in "[a-z]{1,9}(\\.[a-z]{2,5}){0,2}", path in "(/[a-z0-9._-]{1,8}){0,4}") {
            proptest::prop_assert_eq!(template(&format!("/proxy/http://{host}{path}")), "/proxy/{rest}");
        }
    }
}
