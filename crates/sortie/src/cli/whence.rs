//! Which data folder, and which running program, a command is about.

use std::path::{Path, PathBuf};

use sortie_store::Layout;

use super::{Failure, converse, now};
use crate::admin::Client;
use crate::admin::wire::Status;
use crate::config::{Config, from_file};

/// The data folder where nothing else is said.
const DATA: &str = "sortie-data";

/// `-c FILE` or `--data DIR`.
#[derive(Debug, clap::Args)]
pub(super) struct Whence {
    /// The configuration that the program runs with
    #[arg(short = 'c', long = "config", value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
    /// The data folder [default: ./sortie-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Whence {
    /// Where the store is.
    pub(super) fn layout(&self) -> Result<Layout, Failure> {
        Ok(match self.config()? {
            Some(config) => Layout::new(config.data),
            None => Layout::new(self.folder()),
        })
    }

    /// The running program.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        Ok(match self.config()? {
            Some(config) => Client::of_config(&config),
            None => Client::of_data(self.folder()),
        })
    }

    /// The services that the configuration, or the running program, has.
    pub(super) fn services(&self) -> Result<Vec<String>, Failure> {
        if let Some(config) = self.config()? {
            return Ok(config.services.keys().map(ToString::to_string).collect());
        }
        let status = converse(self.client()?.get::<Status>("/v1/status"));
        // Where nothing runs there is nobody to ask.
        Ok(status.map_or_else(|_| Vec::new(), |status| status.services.into_iter().map(|one| one.name).collect()))
    }

    fn config(&self) -> Result<Option<Config>, Failure> {
        let load = |path: &PathBuf| from_file(path, now()).map(|loaded| loaded.config);
        Ok(self.config.as_ref().map(load).transpose()?)
    }

    fn folder(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new(DATA))
    }
}
