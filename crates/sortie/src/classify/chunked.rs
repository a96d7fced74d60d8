//! Bodies in chunks (RFC 9112 §7.1), as they lie in a file.

/// The chunks' data up to the last one, or to where they are no chunks; and whether they ended as
/// chunks do.
pub(super) fn joined(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut data = Vec::new();
    loop {
        let Some((size, rest)) = size(bytes) else { return (data, false) };
        if size == 0 {
            return (data, true);
        }
        let end = size.min(rest.len());
        data.extend_from_slice(&rest[..end]);
        let rest = &rest[end..];
        bytes = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    }
}

/// A chunk's size in bytes, and what follows its line.
fn size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().position(|&b| b == b'\n')?;
    let line = str::from_utf8(&bytes[..end]).ok()?;
    let digits = line.split(';').next().unwrap_or_default().trim();
    Some((usize::from_str_radix(digits, 16).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined() {
        assert_eq!(joined(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"), (b"abcde".to_vec(), true));
        assert_eq!(joined(b"ff\r\nabc"), (b"abc".to_vec(), false));
        assert_eq!(joined(b"no chunks"), (Vec::new(), false));
    }
}
