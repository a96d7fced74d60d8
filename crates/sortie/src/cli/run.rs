//! `sortie run`: the program itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sortie_model::Mode;
use sortie_proxy::resolve::Resolver;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::output::Output;
use super::{Failure, now};
use crate::admin::control::Control as _;
use crate::admin::wire::Status;
use crate::config::checked::AlertTarget;
use crate::config::{Config, Flags, LoadError, Loaded, from_file, from_flags};
use crate::runtime::{Operator, ReloadError};
use crate::{compose, view};

/// How often the program looks whether its silence is strange.
const LISTEN_EVERY: Duration = Duration::from_mins(1);

/// Stand around one or more back ends
///
/// For one back end: `sortie run --listen 127.0.0.1:8080 --upstream http://127.0.0.1:5000 --egress
/// 127.0.0.1:3128`. For more, or for a policy: `sortie run -c sortie.yaml`. `SORTIE_LOG` sets what
/// is logged on the standard error (info, debug, sortie_proxy=trace …). SIGHUP reads the configuration
/// again, see `sortie reload`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration
    #[arg(
        short = 'c', long = "config", value_name = "FILE",
        conflicts_with_all = ["listen", "upstream", "egress", "mode", "data"],
    )]
    config: Option<PathBuf>,
    /// Where clients connect to: 127.0.0.1:8080
    #[arg(long, value_name = "ADDR", requires_all = ["upstream", "egress"])]
    listen: Option<String>,
    /// The back end: http://127.0.0.1:5000
    #[arg(long, value_name = "URL", requires_all = ["listen", "egress"])]
    upstream: Option<String>,
    /// What the back end uses as its HTTP_PROXY and HTTPS_PROXY: 127.0.0.1:3128
    #[arg(long, value_name = "ADDR", requires_all = ["listen", "upstream"])]
    egress: Option<String>,
    /// observe, shadow or block [default: observe]
    #[arg(long, value_name = "MODE")]
    mode: Option<Mode>,
    /// The data folder [default: ./sortie-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub(super) fn run(args: Args, output: Output) -> Result<(), Failure> {
    let filter = EnvFilter::try_from_env("SORTIE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(output.colours_errors()).init();
    let whence = whence(&args);
    let Loaded { config, warnings } = load(args)?;
    Output::complain(&warnings.render(output.colours_errors()));
    // Connections are served by threads of their own; here they are accepted, and little else is done.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::other)?;
    runtime.block_on(stand(config, &whence, output))
}

fn load(args: Args) -> Result<Loaded, Failure> {
    match (args.config, args.listen, args.upstream, args.egress) {
        (Some(path), ..) => Ok(from_file(&path, now())?),
        (None, Some(listen), Some(upstream), Some(egress)) => {
            Ok(from_flags(Flags { listen, upstream, egress, mode: args.mode, data: args.data }, now())?)
        }
        (None, ..) => Err(Failure::usage(
            "name a configuration with -c sortie.yaml, or one back end with --listen, --upstream and --egress",
        )),
    }
}

/// What other commands need to find this program.
fn whence(args: &Args) -> String {
    match (&args.config, &args.data) {
        (Some(file), _) => format!("-c {}", file.display()),
        (None, Some(data)) => format!("--data {}", data.display()),
        (None, None) => String::new(),
    }
}

/// Runs until it is told to end.
async fn stand(config: Config, whence: &str, output: Output) -> Result<(), Failure> {
    let mut interrupted = signal(SignalKind::interrupt()).map_err(Failure::other)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(Failure::other)?;
    let hung_up = signal(SignalKind::hangup()).map_err(Failure::other)?;
    let running = compose::start(config.clone(), Resolver::of_system()).await.map_err(Failure::other)?;
    let operator = Arc::clone(running.operator());
    say_ready(&config, &operator.status(), whence);
    let outcome = tokio::select! {
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
        () = listen_for_silence(&operator) => Ok(()),
        () = listen_for_reloads(hung_up, &operator, output) => Ok(()),
        () = running.engine_failed() => Err(Failure::other(EngineFailed)),
    };
    // What is left open ends within the drain time; whoever asks twice does not want to wait.
    tokio::select! {
        () = running.stop() => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    outcome
}

/// The engine's thread panicked. A process that learns nothing and keeps nothing must not look as if
/// it did: it ends, and a new one goes on from the journal.
#[derive(Debug, thiserror::Error)]
#[error("the engine stopped by a fault of the program: start it again, it goes on from its journal")]
struct EngineFailed;

/// Says what to do next: on the standard error where the standard output belongs to alerts.
fn say_ready(config: &Config, status: &Status, whence: &str) {
    let ready = view::ready(config, status, whence);
    if config.alerts.iter().any(|alert| alert.to == AlertTarget::Stdout) {
        Output::complain(&ready);
    } else {
        // Whoever started it may have closed its output; the doors stand all the same.
        let _ = Output::print(&ready);
    }
}

/// Says on the standard error what is strange, for as long as it is. It never returns.
async fn listen_for_silence(operator: &Operator) {
    let mut clock = tokio::time::interval(LISTEN_EVERY);
    clock.tick().await;
    loop {
        clock.tick().await;
        for line in view::silence::silence(&operator.status()) {
            Output::complain(&format!("sortie: {}\n", view::text::clean(&line)));
        }
    }
}

/// Reads the configuration again on each SIGHUP. It never returns.
async fn listen_for_reloads(mut hung_up: Signal, operator: &Arc<Operator>, output: Output) {
    // The stream ends with the runtime only.
    while hung_up.recv().await.is_some() {
        let operator = Arc::clone(operator);
        match tokio::task::spawn_blocking(move || operator.reload()).await {
            Ok(Ok(reloaded)) => Output::complain(&view::reloaded(&reloaded)),
            Ok(Err(error)) => {
                if let ReloadError::Load(LoadError::Invalid(report)) = &error {
                    Output::complain(&report.render(output.colours_errors()));
                }
                tracing::error!("{}; what is in force stays", view::text::chain(&error));
            }
            Err(panic) => tracing::error!("the configuration was not read again: {panic}"),
        }
    }
    std::future::pending::<()>().await;
}
