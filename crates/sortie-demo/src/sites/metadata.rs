//! The metadata service of a cloud, with credentials that open nothing.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
/// Where the credentials of the instance's role are.
pub(crate) const CREDENTIALS: &str = "/latest/meta-data/iam/security-credentials/shop-role";
/// What the instance was started with.
pub(crate) const USER_DATA: &str = "/latest/user-data";

pub(super) fn answer(path: &str) -> Response {
    match path {
        ROLES => "shop-role\n".into_response(),
        CREDENTIALS => ([(header::CONTENT_TYPE, "text/plain")], credentials()).into_response(),
        USER_DATA => user_data().into_response(),
        _ => (StatusCode::NOT_FOUND, "no such category\n").into_response(),
    }
}

/// In the shape and size of the real answer.
fn credentials() -> String {
    let token = "DEMO0123456789opensNothing+".repeat(30);
    format!(
        r#"{{
  "Code": "Success",
  "LastUpdated": "2026-01-01T00:00:00Z",
  "Type": "AWS-HMAC",
  "AccessKeyId": "ASIADEMOOPENSNOTHING",
  "SecretAccessKey": "demo/secret/that/opens/nothing/at/all",
  "Token": "{token}",
  "Expiration": "2026-01-01T06:00:00Z"
}}"#
    )
}

fn user_data() -> &'static str {
    "#cloud-config\n\
     hostname: shop-7\n\
     packages: [shop-web, shop-worker, shop-search, shop-mail, postgresql-client, prometheus-node-exporter]\n\
     write_files:\n  \
       - path: /etc/shop/database.env\n    \
         content: DATABASE_PASSWORD=demo-password-that-opens-nothing\n\
     runcmd: [systemctl start shop-web, systemctl start shop-worker]\n"
}
