//! Header fields as the gate reads them.

use http::HeaderMap;
use smallvec::SmallVec;

/// Names in lower case, and values, in their order.
pub(crate) type Fields<'a> = SmallVec<[(&'a str, &'a [u8]); 24]>;

/// The fields of a head, or of trailers.
pub(crate) fn fields(headers: &HeaderMap) -> Fields<'_> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}
