//! What a client sends over a WebSocket (RFC 6455), read from its first bytes on.
//!
//! Frames are unmasked and put together to messages; those between the fragments of one that speak of the connection
//! (ping, pong, close) are passed over. Compressed messages (RFC 7692) are undone within a bound. What is no frame,
//! or of an extension that is not known, ends the reading: from there on nothing says where a frame begins.

mod frame;
mod inflate;
#[cfg(test)]
mod tests;

use smallvec::SmallVec;
use sortie_model::limits;

use frame::{Frame, HEAD_BYTES, Kind};
use inflate::Inflater;

/// What was read of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its bytes, compression undone.
    pub bytes: Vec<u8>,
    /// Whether these are all.
    pub is_whole: bool,
}

/// Reads the messages of one client, piece by piece as they come.
#[derive(Debug)]
pub struct Messages {
    /// Bytes of the connection that are yet read.
    left: usize,
    /// Bytes that decompression may yet produce.
    inflatable: usize,
    inflater: Option<Inflater>,
    /// What there is of the head of the next frame.
    head: SmallVec<[u8; HEAD_BYTES]>,
    /// The frame whose payload is read.
    frame: Option<Payload>,
    /// The message that is not whole yet.
    message: Option<Fragments>,
    is_over: bool,
}

#[derive(Debug)]
struct Payload {
    frame: Frame,
    /// Bytes of it that were read.
    read: u64,
}

/// What there is of a message.
#[derive(Debug)]
struct Fragments {
    bytes: Vec<u8>,
    is_compressed: bool,
}

/// The bytes are no frames of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Malformed;

impl Messages {
    /// Reads the first `limit` bytes of a connection whose server granted `extensions`, the value of its
    /// `Sec-WebSocket-Extensions`.
    pub fn new(limit: usize, extensions: &str) -> Self {
        Self {
            left: limit,
            inflatable: limits::DECODED_BYTES,
            inflater: Inflater::granted(extensions),
            head: SmallVec::new(),
            frame: None,
            message: None,
            is_over: limit == 0,
        }
    }

    /// Whether no more is read.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Reads what the client sent next. Returns the messages that end in it, and of the last one that is read what
    /// there is, if it does not end before the reading does. Those that are empty say nothing, and are left out.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        if self.is_over {
            return messages;
        }
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        let is_cut = taken < bytes.len();
        if self.frames(&bytes[..taken], &mut messages).is_err() || is_cut {
            self.end(&mut messages);
        }
        messages
    }

    fn frames(&mut self, mut bytes: &[u8], messages: &mut Vec<Message>) -> Result<(), Malformed> {
        while !self.is_over {
            if self.frame.is_none() {
                let Some(frame) = self.next_head(&mut bytes)? else { return Ok(()) };
                self.begin(&frame)?;
                self.frame = Some(Payload { frame, read: 0 });
            }
            self.payload(&mut bytes);
            let Some(Payload { frame, .. }) = self.frame.take_if(|payload| payload.read == payload.frame.length) else {
                return Ok(());
            };
            if frame.is_last && frame.kind != Kind::Control {
                self.finish(messages);
            }
        }
        Ok(())
    }

    /// Takes the head of a frame; `None` where it goes on behind these bytes.
    fn next_head(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>, Malformed> {
        while let Some((&first, rest)) = bytes.split_first() {
            self.head.push(first);
            *bytes = rest;
            if let Some(frame) = Frame::read(&self.head)? {
                self.head.clear();
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// A frame begins: a message, its continuation, or neither.
    fn begin(&mut self, frame: &Frame) -> Result<(), Malformed> {
        match (frame.kind, &self.message) {
            (Kind::Control, _) | (Kind::Continuation, Some(_)) => Ok(()),
            (Kind::Data { is_compressed }, None) if !is_compressed || self.inflater.is_some() => {
                self.message = Some(Fragments { bytes: Vec::new(), is_compressed });
                Ok(())
            }
            _ => Err(Malformed),
        }
    }

    /// Takes what there is of the payload of the frame.
    fn payload(&mut self, bytes: &mut &[u8]) {
        let Some(Payload { frame, read }) = &mut self.frame else { return };
        let length = usize::try_from(frame.length - *read).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (taken, rest) = bytes.split_at(length);
        if let (Some(message), true) = (&mut self.message, frame.kind != Kind::Control) {
            message.bytes.extend(taken.iter().zip(frame.mask_from(*read)).map(|(byte, mask)| byte ^ mask));
        }
        *read += length as u64;
        *bytes = rest;
    }

    /// The message is whole.
    fn finish(&mut self, messages: &mut Vec<Message>) {
        let Some(message) = self.message.take() else { return };
        let message = self.undo(message, true);
        // What follows may refer to what was not undone.
        self.is_over = !message.is_whole;
        messages.extend(Some(message).filter(|message| !message.bytes.is_empty()));
    }

    /// No more is read: what there is of a message is told.
    fn end(&mut self, messages: &mut Vec<Message>) {
        self.is_over = true;
        if let Some(message) = self.message.take() {
            let message = self.undo(message, false);
            messages.extend(Some(message).filter(|message| !message.bytes.is_empty()));
        }
    }

    /// Undoes the compression of a message.
    fn undo(&mut self, message: Fragments, is_whole: bool) -> Message {
        let Fragments { bytes, is_compressed } = message;
        match &mut self.inflater {
            Some(inflater) if is_compressed => {
                let message = inflater.inflate(&bytes, is_whole, self.inflatable);
                self.inflatable -= message.bytes.len();
                message
            }
            _ => Message { bytes, is_whole },
        }
    }
}
