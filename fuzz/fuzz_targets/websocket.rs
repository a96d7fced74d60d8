//! What a client sends over a WebSocket → messages → candidates, wherever the bytes are cut. Input: where to cut and
//! whether compression was granted, then the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sortie_engine::extract::{self, Message};
use sortie_engine::websocket::Messages;
use sortie_model::{Key, limits};

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let extensions = if choice & 1 == 0 { "" } else { "permessage-deflate" };
    let reader = || Messages::new(limits::INSPECT_REQUEST_BYTES, extensions);
    let (first, second) = bytes.split_at(usize::from(choice / 2) % (bytes.len() + 1));
    let (mut whole, mut pieces) = (reader(), reader());
    let messages = whole.read(bytes);
    assert_eq!(messages, [pieces.read(first), pieces.read(second)].concat());
    assert_eq!(whole.is_over(), pieces.is_over());
    assert!(messages.iter().map(|message| message.bytes.len()).sum::<usize>() <= bytes.len() + limits::DECODED_BYTES);
    let key = Key::new(&[1; Key::LENGTH]);
    for message in &messages {
        let found = extract::from_message(
            &Message { bytes: &message.bytes, is_whole: message.is_whole, sinks: &[] },
            &key,
        );
        assert!(found.candidates.len() <= limits::CANDIDATES);
    }
});
