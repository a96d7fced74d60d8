//! What the file means: raw → checked. Every problem is collected, so that one run names them all.

mod addresses;
mod admin;
mod alert;
mod limits;
mod listeners;
mod net;
mod policy;
mod service;
mod sink;

use std::path::{Path, PathBuf};

use sortie_model::{Micros, ServiceName};

use super::at::At;
use super::checked::Config;
use super::problem::{Problem, Problems};
use super::raw::Raw;
use super::target::{Target, service_name};

/// What every check may look at.
struct Context<'a> {
    /// The folder that relative paths are taken from.
    base: &'a Path,
    /// The time at which the check is made.
    now: Micros,
    /// The services' names.
    services: Vec<ServiceName>,
    /// The data folder.
    data: PathBuf,
    /// Whether what lies beside the file is looked at.
    is_here: bool,
}

impl Context<'_> {
    /// A path of the file, taken from the file's folder, without the `.` that people write.
    fn path(&self, text: &str) -> PathBuf {
        self.base.join(text).components().collect()
    }

    /// The service that a target belongs to; `None` and a problem where it is not clear.
    fn service_of(&self, at: &At<String>, target: &Target, problems: &mut Problems) -> Option<ServiceName> {
        let known = || self.services.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        let problem = match (&target.service, self.services.as_slice()) {
            (Some(name), _) if self.services.contains(name) => return Some(name.clone()),
            (Some(name), _) => Problem::error(at.span(), format!("there is no service '{name}'"))
                .remedy(format!("the services are {}", known())),
            (None, [only]) => return Some(only.clone()),
            (None, _) => Problem::error(at.span(), format!("'{at}' may belong to any of several services"))
                .remedy(format!("put the service in front: '{} {at}'", self.services.first()?)),
        };
        problems.push(problem);
        None
    }
}

/// Where a configuration stands.
#[derive(Clone, Copy)]
pub(super) struct FilePlace<'a> {
    /// The folder that relative paths are taken from.
    pub(super) base: &'a Path,
    /// Whether it is a real folder, so that what lies beside the file can be looked at.
    pub(super) is_here: bool,
}

/// Checks a configuration. `None` only together with an error among the problems.
pub(super) fn check(raw: &Raw, place: &FilePlace<'_>, now: Micros, problems: &mut Problems) -> Option<Config> {
    let FilePlace { base, is_here } = *place;
    let data: PathBuf = base.join(raw.data.as_deref().unwrap_or("sortie-data")).components().collect();
    let context = Context { base, now, services: names(raw, problems), data, is_here };
    if raw.services.0.is_empty() {
        problems.push(
            Problem::error(None, "no service is configured")
                .remedy("add one under 'services', with 'inbound' and 'outbound'; README.md has an example"),
        );
    }
    let shared = policy::shared(raw, &context, problems);
    let services = service::services(raw, &shared, &context, problems);
    let admin = admin::listen(&raw.admin, &context, problems);
    listeners::collide(raw, problems);
    let inspect = limits::inspect(&raw.inspect, &context, problems);
    let timeouts = limits::timeouts(&raw.timeouts, problems);
    let retention = limits::retention(&raw.retention, problems);
    let alerts = alert::alerts(&raw.alerts, &context, problems);
    (!problems.has_errors()).then_some(Config {
        file: None,
        services: services?,
        inspect,
        timeouts,
        alerts,
        retention,
        data: context.data,
        admin: admin?,
    })
}

fn names(raw: &Raw, problems: &mut Problems) -> Vec<ServiceName> {
    let remedy = "choose another name; it is yours alone, and stands in commands and findings";
    raw.services.0.iter().filter_map(|(name, _)| problems.read(name, service_name(name.value()), remedy)).collect()
}

#[cfg(test)]
mod tests;
