//! `sortie off` and `sortie on`.

use sortie_model::Mode;

use super::output::Output;
use super::whence::Whence;
use super::{Failure, converse, mode};
use crate::admin::wire::{Setting, Switch, Switched};
use crate::view;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The service; nothing means all of them. At an endpoint or a place nothing is refused then (mode observe)
    #[arg(value_name = "SCOPE")]
    scope: Vec<String>,
    #[command(flatten)]
    whence: Whence,
}

pub(super) fn run(args: &Args, off: bool, output: Output) -> Result<(), Failure> {
    let target = mode::target(&args.scope)?;
    if target.scope.is_some() {
        // A dial may be of several requests, of which one is to be judged.
        let setting = if off { Setting::Own(Mode::Observe) } else { Setting::Inherit };
        return mode::set(target, setting, &args.whence, output);
    }
    let client = args.whence.client()?;
    let path = if off { "/v1/off" } else { "/v1/on" };
    let switched: Switched = converse(client.post(path, &Switch { target }))?;
    Output::print(&view::switched(&switched))?;
    mode::lasts(switched.not_kept)
}
