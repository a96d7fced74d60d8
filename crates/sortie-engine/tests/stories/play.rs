//! Both doors in miniature: what the gate does with the table and the events, without sockets.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use sortie_engine::attribution::{Circumstances, proven_by};
use sortie_engine::decide::{Admission, decide};
use sortie_engine::inflight::InFlight;
use sortie_engine::learned::Learned;
use sortie_engine::step::{Fact, State};
use sortie_model::candidate::{CandidateKind, Decodings, Manner, Scheme};
use sortie_model::event::{
    Carrier, Credential, Cut, Dial, DialProgressed, DialRequest, Dialled, Event, HopKind, HopTarget, Outcome, Part,
    RequestBegan, RequestEnded, RequestInspected, Returned, What,
};
use sortie_model::file::FilesSeen;
use sortie_model::finding::Finding;
use sortie_model::ids::RequestId;
use sortie_model::place::{Container, Location, canonical_parameter};
use sortie_model::privacy::Domain;
use sortie_model::{
    Actor, Candidate, Destination, Endpoint, Host, Key, Method, Micros, Mode, Nature, PathDigest, Place, Policy,
    Reference, ServiceName, Verdict,
};

pub(crate) struct Play {
    pub(crate) now: Micros,
    pub(crate) state: State,
    pub(crate) table: InFlight,
    pub(crate) policy: Arc<Policy>,
    pub(crate) findings: BTreeMap<String, Finding>,
    pub(crate) events: Vec<Event>,
    number: u64,
    service: ServiceName,
    key: Key,
}

pub(crate) struct Ask<'a> {
    pub(crate) url: &'a str,
    pub(crate) addresses: &'a [&'a str],
    pub(crate) hidden: bool,
    pub(crate) credential: Option<&'a str>,
}

impl Play {
    pub(crate) fn new(mode: Mode) -> Self {
        Self::with(Policy { mode, ..Policy::default() })
    }

    pub(crate) fn with(policy: Policy) -> Self {
        let mut play = Self {
            now: Micros(1_800_000_000_000_000),
            state: State::default(),
            table: InFlight::default(),
            policy: Arc::new(policy),
            findings: BTreeMap::new(),
            events: Vec::new(),
            number: 0,
            service: ServiceName::from("shop"),
            key: Key::new(&[9; Key::LENGTH]),
        };
        play.tell(What::Started { version: "test".into() });
        play
    }

    pub(crate) fn learned(&self) -> Learned {
        self.state.learned(&self.service).cloned().unwrap_or_default()
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now = self.now.plus(millis * 1000);
        self.tell(What::Tick);
        let learned = self.learned();
        self.table.expire(self.now, proven_by(&learned, &self.policy));
    }

    /// The process stops, and goes on from what it kept.
    pub(crate) fn restart(&mut self) {
        let kept = postcard::to_stdvec(&self.state).expect("can be written");
        self.state = postcard::from_bytes(&kept).expect("can be read");
        self.tell(What::Started { version: "test".into() });
        self.table = self.state.inflight(&self.service).cloned().expect("the service is known");
    }

    pub(crate) fn tell(&mut self, what: What) -> u64 {
        self.number += 1;
        let event = Event { number: self.number, at: self.now, service: Some(self.service.clone()), what };
        let policies = BTreeMap::from([(self.service.clone(), Arc::clone(&self.policy))]);
        for fact in self.state.step(&event, &policies) {
            if let Fact::Finding(finding) = fact {
                self.findings.insert(finding.id.to_string(), *finding);
            }
        }
        self.events.push(event);
        self.number
    }

    /// A candidate as extraction would make it of a whole value.
    pub(crate) fn candidate(&self, name: &str, text: &str, nature: Nature) -> Candidate {
        let url = url::Url::parse(text).ok().filter(url::Url::has_host);
        let (kind, scheme, host, port, path) = match &url {
            Some(url) => {
                let path = match url.query() {
                    Some(query) => format!("{}?{query}", url.path()),
                    None => url.path().to_owned(),
                };
                let scheme = Scheme::parse(url.scheme());
                let port = url.port().or(scheme.default_port());
                (CandidateKind::Url, Some(scheme), Host::parse(url.host_str().unwrap()), port, Some(path))
            }
            None => (CandidateKind::Host, None, Host::parse(text), None, None),
        };
        Candidate {
            location: Location { container: Container::Json, name: name.into() },
            parameter: canonical_parameter(Container::Json, name),
            manner: Manner { kind, decodings: Decodings::PLAIN },
            nature,
            scheme,
            host,
            other_hosts: smallvec::SmallVec::new(),
            port,
            path: path.as_deref().map(|path| PathDigest::of(path, &self.key)),
            path_bits: path.as_deref().map_or(0, |path| path.len() as u16 * 4),
            disguised: false,
            shown: text.into(),
        }
    }

    /// A request; `None` where the inbound door refused it.
    pub(crate) fn request(
        &mut self,
        client: u8,
        method: &str,
        template: &str,
        candidates: Vec<Candidate>,
    ) -> Option<Reference> {
        self.request_cut(client, method, template, candidates, None)
    }

    pub(crate) fn request_cut(
        &mut self,
        client: u8,
        method: &str,
        template: &str,
        candidates: Vec<Candidate>,
        cut: Option<Cut>,
    ) -> Option<Reference> {
        let endpoint = Endpoint { method: Method::parse(method), host: None, template: template.into() };
        let actor = Actor::by_address(IpAddr::from([198, 51, 100, client]));
        let candidates: Vec<Arc<Candidate>> = candidates.into_iter().map(Arc::new).collect();
        let learned = self.learned();
        let admission = Admission::new(&learned, &self.policy, &endpoint, actor, self.now);
        // What spares the door a look at each candidate.
        let is_proven = |candidate: &Candidate| {
            let place = Place::new(&endpoint.template, Arc::clone(&candidate.parameter));
            let proving = |host| learned.proving_sink(&place, candidate.manner, candidate.nature, host);
            let proves = |host| proving(host).is_some_and(|sink| sink.is_refused_at_inbound());
            self.policy.proves(&endpoint, &place) || candidate.hosts().any(proves)
        };
        assert!(admission.has_sink() || !candidates.iter().any(|candidate| is_proven(candidate)));
        let refused = admission.of_candidates(&candidates, 0).or_else(|| admission.of_cut(cut));
        let request = Reference::local(self.number + 1);
        let began = RequestBegan {
            request,
            endpoint,
            actor,
            path: template.into(),
            request_id: RequestId::parse(&format!("x-{request}")),
            candidates,
            cut,
            goes_on: true,
            names_file: false,
            refused,
        };
        let is_refused = refused.is_some_and(|refused| refused.is_enforced());
        if !is_refused {
            self.table.begin(self.now, &began, proven_by(&learned, &self.policy));
        }
        self.tell(What::RequestBegan(Box::new(began)));
        (!is_refused).then_some(request)
    }

    /// A message of a request's upgraded connection.
    pub(crate) fn message(&mut self, request: Reference, candidates: Vec<Candidate>) {
        let candidates: Vec<Arc<Candidate>> = candidates.into_iter().map(Arc::new).collect();
        let learned = self.learned();
        self.table.add_candidates(self.now, request, Part::Message, &candidates, proven_by(&learned, &self.policy));
        let inspected = RequestInspected { request, part: Part::Message, candidates, cut: None, refused: None };
        self.tell(What::RequestInspected(Box::new(inspected)));
    }

    pub(crate) fn end(&mut self, request: Reference, returned: Vec<Returned>) {
        self.end_with(request, 200, returned);
    }

    /// The back end answers with this status.
    pub(crate) fn end_with(&mut self, request: Reference, status: u16, returned: Vec<Returned>) {
        self.end_showing(request, status, returned, FilesSeen::Nothing);
    }

    /// The same, and these files were looked for in the answer.
    pub(crate) fn end_showing(&mut self, request: Reference, status: u16, returned: Vec<Returned>, files: FilesSeen) {
        self.table.end(self.now, request, Some(status));
        let ended = RequestEnded {
            request,
            status: Some(status),
            unanswered: None,
            bytes: 10,
            accepted: status < 400,
            returned,
            files,
        };
        self.tell(What::RequestEnded(Box::new(ended)));
    }

    /// A plain dial of a URL whose host resolves to `address`.
    pub(crate) fn dial(&mut self, url: &str, address: &str) -> (Reference, Verdict) {
        self.ask(&Ask { url, addresses: &[address], hidden: false, credential: None })
    }

    pub(crate) fn ask(&mut self, ask: &Ask<'_>) -> (Reference, Verdict) {
        let dialled = self.judge_asked(ask);
        self.table.dialled(self.now, &dialled.dial, &dialled.verdict);
        let (reference, verdict) = (dialled.dial.dial, dialled.verdict.clone());
        self.tell(What::Dialled(Arc::new(dialled)));
        (reference, verdict)
    }

    /// How a plain dial would be judged, which then is not made.
    pub(crate) fn judge(&self, url: &str, address: &str) -> Dialled {
        self.judge_asked(&Ask { url, addresses: &[address], hidden: false, credential: None })
    }

    fn judge_asked(&self, ask: &Ask<'_>) -> Dialled {
        let url = url::Url::parse(ask.url).unwrap();
        let scheme = Scheme::parse(url.scheme());
        let addresses: smallvec::SmallVec<[IpAddr; 4]> = ask.addresses.iter().map(|a| a.parse().unwrap()).collect();
        let host = Host::parse(url.host_str().unwrap());
        let port = url.port().or(scheme.default_port()).unwrap();
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut dial = Dial {
            dial: Reference::local(0),
            class: self.policy.telling_class(self.policy.addresses.classes_of([&host], &addresses)).unwrap(),
            destination: Destination::new(host, port),
            addresses,
            further_hosts: smallvec::SmallVec::new(),
            carrier: if ask.hidden { Carrier::TunnelTls } else { Carrier::Absolute },
            scheme: (!ask.hidden).then_some(scheme),
            request: (!ask.hidden).then(|| DialRequest {
                method: Method::Get,
                path: PathDigest::of(&target, &self.key),
                shown: target.as_str().into(),
            }),
            credentials: ask
                .credential
                .map(|value| Credential {
                    header: "authorization".into(),
                    digest: self.key.digest(Domain::Credential, value.as_bytes()),
                })
                .into_iter()
                .collect(),
        };
        let learned = self.learned();
        let circumstances =
            Circumstances { learned: &learned, inflight: &self.table, policy: &self.policy, now: self.now };
        let verdict = decide(&dial, &circumstances);
        dial.dial = Reference::local(self.number + 1);
        Dialled { dial, verdict }
    }

    /// A dial with its verdict.
    pub(crate) fn dialled(&self, dial: Reference) -> (Dial, Verdict) {
        let dialled = self.events.iter().rev().find_map(|event| match &event.what {
            What::Dialled(dialled) if dialled.dial.dial == dial => Some(dialled),
            _ => None,
        });
        let dialled = dialled.expect("was dialled");
        (dialled.dial.clone(), dialled.verdict.clone())
    }

    /// The destination answered, perhaps with a redirect.
    pub(crate) fn answer(&mut self, dial: Reference, status: u16, location: Option<&str>) {
        if let Some(location) = location {
            self.redirect(dial, location);
        }
        self.table.dial_ended(self.now, dial);
        let progressed = DialProgressed { ended: true, ..answered(dial, status) };
        self.tell(What::DialProgressed(Box::new(progressed)));
    }

    /// The head of an answer holds one more redirect.
    pub(crate) fn redirect(&mut self, dial: Reference, location: &str) {
        let target = self.target(HopKind::Redirect, location);
        self.leads(dial, 302, vec![target], false);
    }

    /// The body of an answer names these URLs.
    pub(crate) fn names(&mut self, dial: Reference, urls: &[&str]) {
        let targets = urls.iter().map(|url| self.target(HopKind::Content, url)).collect();
        self.leads(dial, 200, targets, false);
    }

    /// An answer may lead anywhere.
    pub(crate) fn hides(&mut self, dial: Reference) {
        self.leads(dial, 200, Vec::new(), true);
    }

    fn target(&self, kind: HopKind, url: &str) -> HopTarget {
        let parsed = url::Url::parse(url).unwrap();
        let scheme = Scheme::parse(parsed.scheme());
        let host = Host::parse(parsed.host_str().unwrap());
        HopTarget {
            kind,
            destination: Destination::new(host, parsed.port().or(scheme.default_port()).unwrap()),
            scheme,
            path: Some(PathDigest::of(parsed.path(), &self.key)),
            shown: url.into(),
        }
    }

    fn leads(&mut self, dial: Reference, status: u16, targets: Vec<HopTarget>, hides_targets: bool) {
        let (_, verdict) = self.dialled(dial);
        self.table.answered(self.now, dial, &verdict, &targets, hides_targets);
        let progressed = DialProgressed { targets, hides_targets, ..answered(dial, status) };
        self.tell(What::DialProgressed(Box::new(progressed)));
    }

    /// Ordinary life: customers register webhooks that are called at once.
    pub(crate) fn customers(&mut self, count: u8) {
        for n in 0..count {
            let url = format!("http://hooks{n}.example/events/{n:08x}");
            let candidate = self.candidate("url", &url, Nature::Named);
            let request = self.request(n, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
            self.wait(20);
            let (dial, _) = self.dial(&url, "8.8.8.8");
            self.answer(dial, 200, None);
            self.wait(5);
            self.end(request, Vec::new());
            self.wait(2_000);
        }
    }

    /// Ordinary life: checkouts that ask billing for credit of their own accord.
    pub(crate) fn checkouts(&mut self, count: u32) {
        for n in 0..count {
            let request = self.request((n % 20) as u8 + 30, "POST", "/v1/checkout", Vec::new()).expect("admitted");
            self.wait(15);
            let url = format!("http://billing.internal/v1/credit/{n}");
            let (dial, _) =
                self.ask(&Ask { url: &url, addresses: &["10.20.0.5"], hidden: false, credential: Some("Bearer own") });
            self.answer(dial, 200, None);
            self.wait(5);
            self.end(request, Vec::new());
            self.wait(1_500);
        }
    }

    pub(crate) fn finding(&self, kind: &str) -> Option<&Finding> {
        self.findings.values().find(|finding| finding.kind.as_str() == kind)
    }
}

fn answered(dial: Reference, status: u16) -> DialProgressed {
    DialProgressed {
        dial,
        outcome: Outcome::Answered,
        address: None,
        status: Some(status),
        bytes_in: 1204,
        bytes_out: 80,
        took: 3000,
        targets: Vec::new(),
        hides_targets: false,
        ended: false,
    }
}
