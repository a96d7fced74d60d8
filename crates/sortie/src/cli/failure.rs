//! Why a command failed, and the exit code for it. The only place that turns errors into either.

use std::error::Error;
use std::process::ExitCode;

use super::output::Output;
use crate::config::LoadError;
use crate::view::text::{chain, clean};

/// A command that did not work.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line or the configuration is wrong.
    Usage(Box<dyn Error + Send + Sync>),
    /// Something else.
    Other(Box<dyn Error + Send + Sync>),
    /// Whoever read our output went away: no failure of ours.
    ReaderGone,
}

const FAILED: u8 = 1;
const USAGE: u8 = 2;

impl Failure {
    pub(super) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Usage(error.into())
    }

    pub(super) fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// Says what is wrong on the standard error.
    pub(super) fn report(self, output: Output) -> ExitCode {
        let (error, code) = match self {
            Self::ReaderGone => return ExitCode::SUCCESS,
            Self::Usage(error) => (error, USAGE),
            Self::Other(error) => (error, FAILED),
        };
        if let Some(LoadError::Invalid(report)) = error.downcast_ref::<LoadError>() {
            Output::complain(&report.render(output.colours_errors()));
        }
        Output::complain(&format!("sortie: {}\n", clean(&chain(&*error))));
        ExitCode::from(code)
    }
}

/// A configuration that cannot be read or used is the caller's to mend.
impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::usage(error)
    }
}
