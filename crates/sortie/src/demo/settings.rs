//! The configuration of the demo: a file like any other.

use std::fmt::Write as _;
use std::path::Path;

use sortie_demo::{Atlas, Ground};
use sortie_model::{Micros, Mode};

use super::DemoError;
use crate::config::{self, Config};

/// The service's name.
pub(super) const SERVICE: &str = "shop";

/// The file's text, with its data beside it.
pub(super) fn text(atlas: &Atlas, mode: Mode) -> String {
    let doors = atlas.doors();
    let mut text = format!(
        "services:
  {SERVICE}:
    inbound:  {{ listen: \"{}\", upstream: \"http://{}\", trusted_proxies: [127.0.0.0/8] }}
    outbound: {{ listen: \"{}\", locality: same-host }}
    mode: {mode}
data: .
",
        doors.inbound, doors.shop, doors.outbound
    );
    let more = match atlas.ground() {
        // TEST-NET-3 stands for the internet.
        Ground::Namespace => "addresses:\n  public: [203.0.113.0/24]\n".to_owned(),
        Ground::Loopback => format!(
            "policy:
  ordered:
    allow_ports: [80, 443, {}]
    allow:
      - {{ to: 127.0.113.0/24, reason: \"stands for the internet, has loopback addresses here\" }}
",
            atlas.web_port()
        ),
    };
    let _ = write!(text, "{more}"); // writing to a string does not fail
    text
}

/// Writes the file into `folder` and reads it as `sortie run -c` would.
pub(super) fn load(atlas: &Atlas, mode: Mode, folder: &Path) -> Result<Config, DemoError> {
    let path = folder.join("sortie.yaml");
    std::fs::write(&path, text(atlas, mode)).map_err(super::system("write the demo's configuration"))?;
    let loaded = config::from_file(&path, Micros(0)).map_err(|error| DemoError::Settings(error.to_string()))?;
    Ok(loaded.config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_valid_on_either_ground() {
        let folder = tempfile::tempdir().unwrap();
        for ground in [Ground::Namespace, Ground::Loopback] {
            let config = load(&Atlas::draw(ground).unwrap(), Mode::Block, folder.path()).unwrap();
            assert_eq!(config.services.len(), 1);
        }
    }
}
