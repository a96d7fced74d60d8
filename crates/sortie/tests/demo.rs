//! The demonstration comes out as promised, on either ground.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use sortie::demo::{Options, Tale, run};

/// What was told, for the message of a failure.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn play(loopback: bool) {
    let told = Told::default();
    let tale = Tale::plain(Box::new(told.clone()));
    // A thread of its own: where a network namespace is allowed, only it is moved there.
    let played = std::thread::spawn(move || run(Options { keep: false, loopback }, tale)).join().unwrap();
    let text = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
    assert!(played.unwrap_or_else(|error| panic!("{error:?}\n{text}")), "{text}");
    assert!(text.contains("As promised"), "{text}");
}

#[test]
fn as_promised_in_a_namespace() {
    play(false);
}

#[test]
fn as_promised_on_loopback() {
    play(true);
}
