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
    /// Nothing for a moment.
    Tick,
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
            Some(step @ (Step::Pause | Step::Tick)) => {
                let time = if matches!(step, Step::Pause) { Duration::from_secs(1) } else { Duration::from_millis(2) };
                let mut pause = Box::pin(sleep(time));
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
    Judged { bytes: String, as_what: As },
    Passed(String),
    JudgedTrailers,
    Trailers,
}

/// What bytes are judged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    Beginning,
    /// The last judgement, of a body that is longer.
    Prefix,
    Whole,
}

#[derive(Clone, Default)]
struct Log {
    seen: Arc<Mutex<Vec<Seen>>>,
    refuses: Option<&'static str>,
    /// A beginning that ends so waits for more.
    waits_behind: Option<&'static str>,
}

impl Log {
    fn judged(&self, bytes: &[u8], as_what: As) -> Result<String, Refused> {
        let bytes = String::from_utf8_lossy(bytes).into_owned();
        let refused = self.refuses.is_some_and(|word| bytes.contains(word));
        self.seen.lock().push(Seen::Judged { bytes: bytes.clone(), as_what });
        if refused { Err(Refused) } else { Ok(bytes) }
    }
}

impl Inspector for Log {
    fn inspect_beginning(&mut self, bytes: &[u8]) -> Result<Release, Refused> {
        let bytes = self.judged(bytes, As::Beginning)?;
        let waits = self.waits_behind.is_some_and(|end| bytes.ends_with(end));
        Ok(if waits { Release::WithMore } else { Release::Now })
    }

    fn inspect(&mut self, bytes: &[u8], complete: bool) -> Result<(), Refused> {
        self.judged(bytes, if complete { As::Whole } else { As::Prefix }).map(|_| ())
    }

    fn inspect_trailers(&mut self, _fields: &HeaderMap) -> Result<(), Refused> {
        self.seen.lock().push(Seen::JudgedTrailers);
        if self.refuses == Some("trailers") { Err(Refused) } else { Ok(()) }
    }

    fn moved(&mut self, _bytes: usize) {}
}

fn begun(bytes: &str) -> Seen {
    Seen::Judged { bytes: bytes.to_owned(), as_what: As::Beginning }
}

fn cut(bytes: &str) -> Seen {
    Seen::Judged { bytes: bytes.to_owned(), as_what: As::Prefix }
}

fn whole(bytes: &str) -> Seen {
    Seen::Judged { bytes: bytes.to_owned(), as_what: As::Whole }
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

use Step::{Data, Pause, Tick, Trailers};

#[tokio::test(start_paused = true)]
async fn nothing_goes_on_before_it_was_judged() {
    for length in [Some(6), None] {
        let body = Script::new(&[Data("ab"), Pause, Data("cd"), Data("ef")], length);
        let expected = [begun("ab"), passed("ab"), whole("abcdef"), passed("cd"), passed("ef")];
        assert_eq!(seen(body, 100).await, expected, "{length:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_the_limit_nothing_is_judged() {
    for length in [Some(6), None] {
        let body = Script::new(&[Data("ab"), Data("cd"), Data("ef")], length);
        let seen = seen(body, 4).await;
        assert_eq!(seen[0], cut("abcd"), "{length:?}");
        assert_eq!(seen[1..], [passed("ab"), passed("cd"), passed("ef")], "{length:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_does_not_stall() {
    let body = Script::new(&[Data("ab"), Pause, Data("c"), Pause, Data("de"), Pause], None);
    assert_eq!(
        seen(body, 100).await,
        [begun("ab"), passed("ab"), begun("abc"), passed("c"), begun("abcde"), passed("de"), whole("abcde"),]
    );
}

#[tokio::test(start_paused = true)]
async fn a_beginning_that_cannot_be_judged_waits_for_more() {
    let log = Log { waits_behind: Some("b"), ..Log::default() };
    let body = Script::sized(&[Data("ab"), Pause, Data("c"), Pause, Data("de")]);
    let (seen, result) = run(body, 100, log).await;
    assert!(result.is_ok());
    assert_eq!(seen, [begun("ab"), begun("abc"), passed("ab"), passed("c"), whole("abcde"), passed("de")]);
}

#[tokio::test(start_paused = true)]
async fn no_piece_is_held_for_longer_because_others_follow() {
    let steps: Vec<Step> = std::iter::repeat_n([Data("a"), Tick], 8).flatten().collect();
    let seen = seen(Script::new(&steps, None), 100).await;
    let first = seen.iter().position(|one| *one == passed("a")).unwrap();
    assert_eq!(first, 1, "{seen:?}");
    assert!(seen.len() > 10, "the first pieces went on before the last came: {seen:?}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_length_that_just_fits_is_complete() {
    assert_eq!(seen(Script::new(&[Data("abcd")], None), 4).await, [whole("abcd"), passed("abcd")]);
    let beyond = Script::new(&[Data("abcd"), Data("e")], None);
    assert_eq!(seen(beyond, 4).await, [cut("abcd"), passed("abcd"), passed("e")]);
}

#[tokio::test(start_paused = true)]
async fn trailers_come_after_all_judgements_and_the_held_piece() {
    let body = Script::new(&[Data("ab"), Trailers], None);
    assert_eq!(seen(body, 100).await, [whole("ab"), Seen::JudgedTrailers, passed("ab"), Seen::Trailers]);
    // Where the prefix ended before, what is behind it went on already.
    let cut_before = Script::new(&[Data("ab"), Data("cd"), Trailers], None);
    let wanted = [cut("ab"), passed("ab"), passed("cd"), Seen::JudgedTrailers, Seen::Trailers];
    assert_eq!(seen(cut_before, 2).await, wanted);
}

#[tokio::test(start_paused = true)]
async fn refused_trailers_leave_the_body_without_an_end() {
    let log = Log { refuses: Some("trailers"), ..Log::default() };
    for limit in [0, 1, 100] {
        log.seen.lock().clear();
        let body = Script::new(&[Data("ab"), Pause, Data("cd"), Trailers], None);
        let (seen, result) = run(body, limit, log.clone()).await;
        assert!(matches!(result, Err(BodyError::Refused)), "{limit}");
        assert_eq!(seen.last(), Some(&Seen::JudgedTrailers), "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_the_body_before_the_piece_that_was_refused() {
    let log = Log { refuses: Some("bad"), ..Log::default() };
    for pause in [false, true] {
        let mut steps = vec![Data("a"), Pause, Data("bad")];
        if pause {
            steps.extend([Pause, Data("z")]);
        }
        for body in [Script::sized(&steps), Script::new(&steps, None)] {
            log.seen.lock().clear();
            let (seen, result) = run(body, 100, log.clone()).await;
            assert!(matches!(result, Err(BodyError::Refused)));
            assert_eq!(seen, [begun("a"), passed("a"), if pause { begun("abad") } else { whole("abad") }]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_prefix_is_judged_before_anything_goes_on() {
    let log = Log::default();
    let mut body = InspectBody::new(Script::sized(&[Data("ab"), Data("cd")]), 100, log.clone());
    body.hold(64, Duration::from_millis(50)).await.unwrap();
    assert_eq!(*log.seen.lock(), [whole("abcd")]);
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
    assert_eq!(*log.seen.lock(), [begun("ab")]);
    drain(&mut body, &log).await.unwrap();
    assert_eq!(log.seen.lock()[1..], [passed("ab"), whole("abcd"), passed("cd")]);

    let log = Log::default();
    let mut body = InspectBody::new(Script::sized(&[Data("ab"), Data("cd"), Data("ef")]), 100, log.clone());
    body.hold(3, Duration::from_millis(50)).await.unwrap();
    assert_eq!(*log.seen.lock(), [begun("abcd")]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_no_byte_is_judged() {
    let body = Script::new(&[Data("ab"), Pause, Data("cd"), Trailers], None);
    let wanted = [passed("ab"), passed("cd"), Seen::JudgedTrailers, Seen::Trailers];
    assert_eq!(seen(body, 0).await, wanted, "but trailers are");
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![3 => prop::sample::select(vec!["a", "bc", "def", "ghijkl"]).prop_map(Data), 1 => Just(Pause)]
}

proptest! {
    /// Whatever the pieces and pauses: all goes on in order, and no byte of the prefix before it was
    /// judged. The last judgement is of the whole prefix, and comes before the end.
    #[test]
    fn no_byte_goes_on_unjudged(steps in prop::collection::vec(step(), 0..10), sized: bool, limit in 1_usize..12, waits: bool) {
        let body = if sized { Script::sized(&steps) } else { Script::new(&steps, None) };
        let log = Log { waits_behind: waits.then_some("c"), ..Log::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (seen, result) = runtime.block_on(run(body, limit, log));
        prop_assert!(result.is_ok());
        let whole: String = steps.iter().filter_map(|step| if let Data(text) = step { Some(*text) } else { None }).collect();
        let prefix = &whole[..whole.len().min(limit)];
        let (mut gone, mut judged, mut is_last) = (String::new(), 0, false);
        for one in &seen {
            match one {
                Seen::Judged { bytes, as_what } => {
                    prop_assert!(prefix.starts_with(bytes.as_str()));
                    prop_assert!(!is_last, "judged after the last judgement");
                    judged = bytes.len();
                    is_last = *as_what != As::Beginning;
                    if is_last {
                        prop_assert_eq!(bytes.as_str(), prefix);
                        prop_assert_eq!(*as_what == As::Whole, whole.len() <= limit);
                    }
                }
                Seen::Passed(text) => {
                    gone.push_str(text);
                    prop_assert!(gone.len() <= judged || judged == limit, "{:?}", seen);
                }
                Seen::JudgedTrailers | Seen::Trailers => unreachable!(),
            }
        }
        prop_assert_eq!(&gone, &whole);
        prop_assert!(is_last || (sized && whole.is_empty()));
    }
}
