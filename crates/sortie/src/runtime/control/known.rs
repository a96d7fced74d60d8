//! Whether there is such an endpoint or place as an operator named.

use std::sync::Arc;

use sortie_engine::learned::Learned;
use sortie_model::place::canonical_template;
use sortie_model::policy::Scope;
use sortie_model::{Place, Policy};

use super::sinks::scope_of;
use crate::near::nearest;

/// What to tell whoever names a scope that neither a request nor the file has named: it may be a slip.
pub(super) fn doubt(learned: &Learned, configured: &Policy, scope: &Scope) -> Option<String> {
    let of_file = configured.scopes.iter().map(|(scope, _)| scope).chain(&configured.proven);
    let is_of_file =
        of_file.clone().any(|known| known.template == scope.template && known.parameter == scope.parameter);
    if is_of_file || is_learned(learned, scope) {
        return None;
    }
    if learned.exchanges == 0 {
        return Some("no request was seen yet, so nobody knows whether there is such a place".to_owned());
    }
    let what = if scope.parameter.is_some() { "no destination was named there" } else { "no request came there" };
    let (given, of_file) = (scope.to_string(), of_file.cloned());
    let known: Vec<String> = learned_like(learned, scope).chain(of_file).map(|known| known.to_string()).collect();
    let hint = nearest(&given, known.iter().map(String::as_str));
    Some(match hint {
        Some(known) => format!("{what} yet; did you mean '{known}'?"),
        None => format!("{what} yet; `sortie sinks` lists the places that are dialled"),
    })
}

fn is_learned(learned: &Learned, scope: &Scope) -> bool {
    match &scope.parameter {
        Some(parameter) => {
            let place = Place::new(&scope.template, Arc::clone(parameter));
            learned.sinks.keys().any(|key| key.place == place)
        }
        None => learned.endpoints.keys().any(|endpoint| scope.covers(endpoint, None)),
    }
}

/// What is learned, in the words of a scope: places for a place, endpoints for an endpoint.
fn learned_like(learned: &Learned, scope: &Scope) -> impl Iterator<Item = Scope> {
    let is_place = scope.parameter.is_some();
    let places = learned.sinks.keys().filter(move |_| is_place).map(|key| scope_of(&key.place));
    let has_method = scope.method.is_some();
    let endpoints = learned.endpoints.keys().filter(move |_| !is_place).map(move |endpoint| Scope {
        method: has_method.then(|| endpoint.method.clone()),
        template: canonical_template(&endpoint.template).into(),
        parameter: None,
    });
    places.chain(endpoints)
}

#[cfg(test)]
mod tests {
    use sortie_engine::learned::{EndpointStats, Sink, SinkKey};
    use sortie_model::{Endpoint, Manner, Method, Micros, Mode, Nature};

    use super::*;

    fn learned() -> Learned {
        let template: Arc<str> = Arc::from("/v1/preview");
        let endpoint = Endpoint { method: Method::Post, host: None, template: Arc::clone(&template) };
        let mut learned = Learned { exchanges: 3, ..Learned::default() };
        learned.endpoints.insert(endpoint, Arc::new(EndpointStats::new(Micros(0))));
        let place = Place::new(&template, Arc::from("url"));
        learned.sinks.insert(SinkKey { place, manner: Manner::FIRST }, Arc::new(Sink::new(Nature::Named, Micros(0))));
        learned
    }

    #[test]
    fn a_slip_is_told_with_what_was_meant() {
        let file = Policy { scopes: vec![("/v1/import $.feed".parse().unwrap(), Mode::Block)], ..Policy::default() };
        let doubt = |scope: &str| doubt(&learned(), &file, &scope.parse().unwrap());
        for known in
            ["/v1/preview $.url", "POST /v1/preview $.url", "POST /v1/preview", "/V1/preview/", "/v1/import $.feed"]
        {
            assert_eq!(doubt(known), None, "{known}");
        }
        for (slip, meant) in [
            ("/v1/preveiw $.url", "/v1/preview $.url"),
            ("/v1/preview $.ulr", "/v1/preview $.url"),
            ("PUT /v1/preview", "POST /v1/preview"),
            ("/v1/previw", "/v1/preview"),
            ("/v1/import $.feeds", "/v1/import $.feed"),
        ] {
            let told = doubt(slip).unwrap();
            assert!(told.ends_with(&format!("did you mean '{meant}'?")), "{slip}: {told}");
        }
        assert!(doubt("/v2/elsewhere").unwrap().contains("no request came there yet"));
    }

    #[test]
    fn before_the_first_request_nobody_knows() {
        let told = doubt(&Learned::default(), &Policy::default(), &"/v1/x".parse().unwrap()).unwrap();
        assert!(told.starts_with("no request was seen yet"), "{told}");
    }
}
