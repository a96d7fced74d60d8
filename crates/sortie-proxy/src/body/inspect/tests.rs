use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use proptest::prelude::*;

use super::*;

/// What a body does next.
#[derive(Clone, Debug)]
enum Step {
    Data(&'static str),
    Trailers,
    /// Nothing for longer than anybody waits.
    Pause,
}

/// A body that goes by a script. The clock of the tests stands still, so a pause ends only when
/// everybody waits.
struct Script {
    steps: VecDeque<Step>,
    length: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Script {
    fn new(steps: &[Step], length: Option<u64>) -> Self {
        Self { steps: steps.iter().cloned().collect(), length, pause: None }
    }

    /// With the length known.
    fn sized(steps: &[Step]) -> Self {
        let length = steps.iter().map(|step| if let Step::Data(text) = step { text.len() as u64 } else { 0 }).sum();
        Self::new(steps, Some(length))
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if let Some(pause) = &mut this.pause {
            ready!(pause.as_mut().poll(cx));
            this.pause = None;
        }
        match this.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(text)) => {
                this.length = this.length.map(|length| length - text.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
            }
            Some(Step::Trailers) => {
                let mut trailers = HeaderMap::new();
                trailers.insert("x-end", HeaderValue::from_static("1"));
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Some(Step::Pause) => {
                let mut pause = Box::pin(sleep(Duration::from_secs(1)));
                assert!(pause.as_mut().poll(cx).is_pending());
                this.pause = Some(pause);
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.length == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Judged { bytes: String, complete: bool, last: bool },
    Passed(String),
    Trailers,
}

#[derive(Clone, Default)]
struct Log {
    seen: Arc<Mutex<Vec<Seen>>>,
    refuses: Option<&'static str>,
}

impl Inspector for Log {
    fn inspect(&mut self, partial: Partial<'_>) -> Result<(), Refused> {
        let bytes = String::from_utf8_lossy(partial.bytes).into_owned();
        let refused = self.refuses.is_some_and(|word| bytes.contains(word));
        self.seen.lock().push(Seen::Judged { bytes, complete: partial.complete, last: partial.last });
        if refused { Err(Refused) } else { Ok(()) }
    }

    fn moved(&mut self) {}
}

fn judged(bytes: &str, complete: bool, last: bool) -> Seen {
    Seen::Judged { bytes: bytes.to_owned(), complete, last }
}

fn passed(text: &str) -> Seen {
    Seen::Passed(text.to_owned())
}

/// Reads the body to its end and tells what happened.
async fn run(body: Script, limit: usize, log: Log) -> (Vec<Seen>, Result<(), BodyError>) {
    let mut body = InspectBody::new(body, limit, log.clone());
    let result = drain(&mut body, &log).await;
    let seen = log.seen.lock().clone();
    (seen, result)
}

async fn drain(body: &mut InspectBody<Log, Script>, log: &Log) -> Result<(), BodyError> {
    while let Some(frame) = body.frame().await {
        let seen = match frame?.into_data() {
            Ok(data) => Seen::Passed(String::from_utf8_lossy(&data).into_owned()),
            Err(_) => Seen::Trailers,
        };
        log.seen.lock().push(seen);
    }
    Ok(())
}

async fn seen(body: Script, limit: usize) -> Vec<Seen> {
    let (seen, result) = run(body, limit, Log::default()).await;
    assert!(result.is_ok());
    seen
}

use Step::{Data, Pause, Trailers};

#[tokio::test(start_paused = true)]
async fn a_known_length_waits_with_its_last_piece_only() {
    let body = Script::sized(&[Data("ab"), Pause, Data("cd"), Data("ef")]);
    assert_eq!(seen(body, 100).await, [passed("ab"), passed("cd"), judged("abcdef", true, true), passed("ef"),]);
}

#[tokio::test(start_paused = true)]
async fn a_known_length_beyond_the_limit_waits_with_the_piece_that_fills_it() {
    let body = Script::sized(&[Data("ab"), Data("cd"), Data("ef")]);
    assert_eq!(seen(body, 4).await, [passed("ab"), judged("abcd", false, true), passed("cd"), passed("ef")]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_length_holds_the_newest_piece_until_the_next() {
    let body = Script::new(&[Data("ab"), Data("cd")], None);
    assert_eq!(seen(body, 100).await, [passed("ab"), judged("abcd", true, true), passed("cd")]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_length_does_not_stall() {
    let body = Script::new(&[Data("ab"), Pause, Data("c"), Pause, Data("de"), Pause], None);
    assert_eq!(
        seen(body, 100).await,
        [
            judged("ab", false, false),
            passed("ab"),
            // Not worth another judgement: not twice as much as the last time.
            passed("c"),
            judged("abcde", false, false),
            passed("de"),
            judged("abcde", true, true),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_length_that_just_fits_is_complete() {
    assert_eq!(seen(Script::new(&[Data("abcd")], None), 4).await, [judged("abcd", true, true), passed("abcd")]);
    let beyond = Script::new(&[Data("abcd"), Data("e")], None);
    assert_eq!(seen(beyond, 4).await, [judged("abcd", false, true), passed("abcd"), passed("e")]);
}

#[tokio::test(start_paused = true)]
async fn trailers_come_after_the_judgement_and_the_held_piece() {
    let body = Script::new(&[Data("ab"), Trailers], None);
    assert_eq!(seen(body, 100).await, [judged("ab", true, true), passed("ab"), Seen::Trailers]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_body_before_the_piece_that_was_refused() {
    let log = Log { refuses: Some("bad"), ..Log::default() };
    for body in [Script::sized(&[Data("a"), Data("bad")]), Script::new(&[Data("a"), Data("bad")], None)] {
        log.seen.lock().clear();
        let (seen, result) = run(body, 100, log.clone()).await;
        assert!(matches!(result, Err(BodyError::Refused)));
        assert_eq!(seen, [passed("a"), judged("abad", true, true)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_prefix_is_judged_before_anything_goes_on() {
    let log = Log::default();
    let mut body = InspectBody::new(Script::sized(&[Data("ab"), Data("cd")]), 100, log.clone());
    body.hold(64, Duration::from_millis(50)).await.unwrap();
    assert_eq!(*log.seen.lock(), [judged("abcd", true, true)]);
    assert_eq!(body.size_hint().exact(), Some(4));
    drain(&mut body, &log).await.unwrap();
    assert_eq!(log.seen.lock()[1..], [passed("ab"), passed("cd")]);
    assert!(body.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn holding_ends_with_the_time_and_with_the_bytes() {
    let steps = [Data("ab"), Pause, Data("cd")];
    let log = Log::default();
    let mut body = InspectBody::new(Script::sized(&steps), 100, log.clone());
    body.hold(64, Duration::from_millis(50)).await.unwrap();
    assert_eq!(*log.seen.lock(), [judged("ab", false, false)]);
    drain(&mut body, &log).await.unwrap();
    assert_eq!(log.seen.lock()[1..], [passed("ab"), judged("abcd", true, true), passed("cd")]);

    let log = Log::default();
    let mut body = InspectBody::new(Script::sized(&[Data("ab"), Data("cd"), Data("ef")]), 100, log.clone());
    body.hold(3, Duration::from_millis(50)).await.unwrap();
    assert_eq!(*log.seen.lock(), [judged("abcd", false, false)]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_is_judged() {
    let body = Script::new(&[Data("ab"), Pause, Data("cd"), Trailers], None);
    assert_eq!(seen(body, 0).await, [passed("ab"), passed("cd"), Seen::Trailers]);
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![3 => prop::sample::select(vec!["a", "bc", "def", "ghijkl"]).prop_map(Data), 1 => Just(Pause)]
}

proptest! {
    /// Whatever the pieces and pauses: all goes on in order, and the last judgement is of the first
    /// bytes. It comes before the last inspected byte goes on; where the length is not known and the
    /// client paused there, before the end of the body goes on.
    #[test]
    fn the_last_inspected_byte_waits(steps in prop::collection::vec(step(), 0..10), sized: bool, limit in 1_usize..12) {
        let body = if sized { Script::sized(&steps) } else { Script::new(&steps, None) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let seen = runtime.block_on(seen(body, limit));
        let whole: String = steps.iter().filter_map(|step| if let Data(text) = step { Some(*text) } else { None }).collect();
        let prefix = &whole[..whole.len().min(limit)];
        let mut gone = String::new();
        let may_go_early = !sized && steps.iter().any(|step| matches!(step, Pause));
        let mut is_judged = false;
        for one in &seen {
            match one {
                Seen::Judged { bytes, complete, last } => {
                    prop_assert!(whole.starts_with(bytes.as_str()));
                    prop_assert!(!is_judged, "judged after the last judgement");
                    if *last {
                        is_judged = true;
                        prop_assert_eq!(bytes.as_str(), prefix);
                        prop_assert_eq!(*complete, whole.len() <= limit);
                    }
                }
                Seen::Passed(text) => {
                    gone.push_str(text);
                    prop_assert!(is_judged || may_go_early || gone.len() < prefix.len(), "{:?}", seen);
                }
                Seen::Trailers => unreachable!(),
            }
        }
        prop_assert_eq!(&gone, &whole);
        prop_assert!(is_judged || (sized && whole.is_empty()));
    }
}
