//! Compressed messages (`permessage-deflate`, RFC 7692).

use flate2::{Decompress, FlushDecompress, Status};

use super::Message;

/// What a sender leaves out at the end of each message (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Bytes that are produced at once.
const STEP: usize = 8 * 1024;

/// Undoes the compression of the client's messages.
#[derive(Debug)]
pub(super) struct Inflater {
    /// Made with the first compressed message: it is large.
    decoder: Option<Decompress>,
    /// Whether each message stands for itself, rather than referring to those before.
    is_fresh_each: bool,
}

impl Inflater {
    /// What a server's `Sec-WebSocket-Extensions` grants; `None` where that is not this one extension alone.
    pub(super) fn granted(extensions: &str) -> Option<Self> {
        let mut parts = extensions.split(';').map(|part| part.trim().to_ascii_lowercase());
        if parts.next()? != "permessage-deflate" {
            return None;
        }
        let mut is_fresh_each = false;
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((&part, ""));
            let is_known = match name.trim() {
                "client_no_context_takeover" => {
                    is_fresh_each = true;
                    value.is_empty()
                }
                "server_no_context_takeover" => value.is_empty(),
                // Any window is within the largest, which is what is kept.
                "client_max_window_bits" | "server_max_window_bits" => {
                    value.trim().trim_matches('"').bytes().all(|byte| byte.is_ascii_digit())
                }
                _ => false,
            };
            if !is_known {
                return None;
            }
        }
        Some(Self { decoder: None, is_fresh_each })
    }

    /// Undoes a message, or what there is of it. Never makes more than `limit` bytes, whatever the ratio; then, and
    /// where it is damaged, the message is not whole.
    pub(super) fn inflate(&mut self, data: &[u8], is_whole: bool, limit: usize) -> Message {
        let is_fresh_each = self.is_fresh_each;
        let decoder = self.decoder.get_or_insert_with(|| Decompress::new(false));
        if is_fresh_each {
            decoder.reset(false);
        }
        let mut bytes = Vec::new();
        let tail: &[u8] = if is_whole { &TAIL } else { &[] };
        let is_undone = [data, tail].into_iter().all(|input| append(decoder, input, &mut bytes, limit));
        Message { bytes, is_whole: is_whole && is_undone }
    }
}

/// Appends what an input holds; says whether it was all undone.
fn append(decoder: &mut Decompress, mut input: &[u8], bytes: &mut Vec<u8>, limit: usize) -> bool {
    loop {
        // One more than the limit tells whether there is more.
        bytes.reserve_exact(STEP.min(limit + 1 - bytes.len()));
        let before = decoder.total_in();
        let status = decoder.decompress_vec(input, bytes, FlushDecompress::Sync);
        input = &input[(decoder.total_in() - before) as usize..];
        let is_full = bytes.len() == bytes.capacity();
        if bytes.len() > limit {
            bytes.truncate(limit);
            return false;
        }
        match status {
            // A final block ends all: what a sender puts behind it, few readers go on with.
            Err(_) | Ok(Status::StreamEnd) => return false,
            Ok(_) if is_full => {}
            Ok(_) => return input.is_empty(),
        }
    }
}
