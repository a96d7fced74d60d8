//! The only caller of connect.
//!
//! A dial takes a [`Permit`], which holds the very addresses that were judged; nothing is resolved
//! here for it. A lint forbids connect elsewhere (`clippy.toml`).

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sortie_model::event::Outcome;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::permit::Permit;

/// How long an attempt is alone before the next address is tried beside it (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// No connection came about.
#[derive(Debug, thiserror::Error)]
#[error("{kind}{}", shown(*address))]
pub struct ConnectError {
    /// How it failed: of several addresses, what the most telling one said.
    pub kind: ConnectErrorKind,
    /// The address that said so.
    pub address: Option<IpAddr>,
}

/// How a connection fails, the most telling last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ConnectErrorKind {
    /// This host could not even try: no source address or port, no file descriptor, not permitted.
    #[error("this host cannot open the connection")]
    Local,
    /// The upstream's name did not resolve. Dials resolve before they are judged, so never for them.
    #[error("the name did not resolve")]
    Unresolved,
    /// No route.
    #[error("no route")]
    Unreachable,
    /// Nothing answered in time.
    #[error("timed out")]
    TimedOut,
    /// The connection was reset while it was opened.
    #[error("reset")]
    Reset,
    /// The destination refused.
    #[error("refused")]
    Refused,
}

impl ConnectErrorKind {
    /// The word of the record.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Local | Self::Unreachable => Outcome::Unreachable,
            Self::Unresolved => Outcome::ResolveFailed,
            Self::TimedOut => Outcome::TimedOut,
            Self::Reset => Outcome::Reset,
            Self::Refused => Outcome::Refused,
        }
    }

    fn of(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => Self::Reset,
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => Self::Unreachable,
            _ => Self::Local,
        }
    }
}

/// Connects to one of the permitted addresses and says to which.
///
/// Several addresses are raced as RFC 8305 has it: families take turns, a further attempt begins
/// when one fails or after [`ATTEMPT_DELAY`], and the first connection wins.
pub async fn connect(permit: &Permit, within: Duration) -> Result<(TcpStream, IpAddr), ConnectError> {
    let addresses = permit.addresses().iter().map(|&address| SocketAddr::new(address, permit.port()));
    let (stream, address) = race(interleaved(addresses), within).await?;
    Ok((stream, address.ip()))
}

/// Connects to what the operator configured: an inbound door's upstream, or where alerts go. Such
/// connections are not dials: nobody can order them.
pub async fn connect_upstream(host: &str, port: u16, within: Duration) -> Result<TcpStream, ConnectError> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let started = Instant::now();
    let resolved = timeout(within, tokio::net::lookup_host((bare, port))).await;
    let addresses = match resolved {
        Ok(Ok(addresses)) => interleaved(addresses),
        Ok(Err(_)) => return Err(ConnectError { kind: ConnectErrorKind::Unresolved, address: None }),
        Err(_) => return Err(ConnectError { kind: ConnectErrorKind::TimedOut, address: None }),
    };
    let (stream, _) = race(addresses, within.saturating_sub(started.elapsed())).await?;
    Ok(stream)
}

async fn race(mut untried: VecDeque<SocketAddr>, within: Duration) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let deadline = Instant::now() + within;
    let first = untried.pop_front().ok_or(ConnectError { kind: ConnectErrorKind::Unresolved, address: None })?;
    if untried.is_empty() {
        return match timeout(within, open(first)).await {
            Ok(result) => result.map(|stream| (stream, first)),
            Err(_) => Err(ConnectError { kind: ConnectErrorKind::TimedOut, address: Some(first.ip()) }),
        };
    }
    race_several(first, untried, deadline).await
}

async fn race_several(
    first: SocketAddr,
    mut untried: VecDeque<SocketAddr>,
    deadline: Instant,
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let mut attempts = JoinSet::new(); // dropped with the attempts that lost
    let begin = |attempts: &mut JoinSet<_>, address| {
        attempts.spawn(async move { open(address).await.map(|stream| (stream, address)) });
    };
    begin(&mut attempts, first);
    let mut newest = first;
    let mut next_at = Instant::now() + ATTEMPT_DELAY;
    let mut worst: Option<ConnectError> = None;
    loop {
        tokio::select! {
            biased;
            joined = attempts.join_next(), if !attempts.is_empty() => match joined {
                Some(Ok(Ok(connected))) => return Ok(connected),
                Some(Ok(Err(error))) => {
                    if worst.as_ref().is_none_or(|worst| worst.kind <= error.kind) {
                        worst = Some(error);
                    }
                    next_at = Instant::now();
                }
                Some(Err(_)) | None => next_at = Instant::now(),
            },
            () = sleep_until(next_at), if !untried.is_empty() => {
                if let Some(address) = untried.pop_front() {
                    newest = address;
                    begin(&mut attempts, address);
                }
                next_at = Instant::now() + ATTEMPT_DELAY;
            }
            () = sleep_until(deadline) => {
                return Err(ConnectError { kind: ConnectErrorKind::TimedOut, address: Some(newest.ip()) });
            }
        }
        if attempts.is_empty() && untried.is_empty() {
            let unknown = ConnectError { kind: ConnectErrorKind::Local, address: Some(newest.ip()) };
            return Err(worst.unwrap_or(unknown));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that connects")]
async fn open(address: SocketAddr) -> Result<TcpStream, ConnectError> {
    let failed = |error: io::Error| ConnectError { kind: ConnectErrorKind::of(&error), address: Some(address.ip()) };
    let stream = TcpStream::connect(address).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// The family of the first address and the other one by turns, each in its order (RFC 8305 §4).
fn interleaved(addresses: impl IntoIterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut turn: VecDeque<SocketAddr> = addresses.into_iter().collect();
    let Some(first_is_v4) = turn.front().map(SocketAddr::is_ipv4) else { return turn };
    if turn.iter().all(|address| address.is_ipv4() == first_is_v4) {
        return turn;
    }
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        turn.drain(..).partition(|address| address.is_ipv4() == first_is_v4);
    while !one.is_empty() || !other.is_empty() {
        turn.extend(one.pop_front());
        turn.extend(other.pop_front());
    }
    turn
}

fn shown(address: Option<IpAddr>) -> String {
    address.map(|address| format!(" by {address}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};

    use super::*;

    fn texts(addresses: &VecDeque<SocketAddr>) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// A port of this host that was free a moment ago.
    fn closed_port() -> u16 {
        std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    #[test]
    fn families_take_turns() {
        let mixed = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"]);
        assert_eq!(texts(&interleaved(mixed)), ["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]);
        let one_family = addresses(&["1.1.1.2:1", "1.1.1.1:1"]);
        assert_eq!(texts(&interleaved(one_family)), ["1.1.1.2:1", "1.1.1.1:1"]);
        assert!(interleaved([]).is_empty());
    }

    #[tokio::test]
    async fn a_refusal_moves_on_to_the_next_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = SocketAddr::new([127, 0, 0, 1].into(), closed_port());
        let (_, address) = race(VecDeque::from([closed, open]), Duration::from_mins(1)).await.unwrap();
        assert_eq!(address, open);
    }

    #[tokio::test]
    async fn a_refusal_is_told() {
        let port = closed_port();
        let both = VecDeque::from([SocketAddr::from(([127, 0, 0, 1], port)), SocketAddr::from(([127, 0, 0, 2], port))]);
        let error = race(both, Duration::from_mins(1)).await.unwrap_err();
        assert_eq!(error.kind, ConnectErrorKind::Refused);
        let error = connect_upstream("127.0.0.1", port, Duration::from_mins(1)).await.unwrap_err();
        assert_eq!((error.kind, error.to_string().as_str()), (ConnectErrorKind::Refused, "refused by 127.0.0.1"));
    }

    #[tokio::test]
    async fn a_silent_address_does_not_hold_up_the_next() {
        // A listener whose queue is full drops what comes: the nearest thing to silence on loopback.
        let (silent, _held) = silent_listener();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let (_, address) = race(VecDeque::from([silent, open]), Duration::from_mins(1)).await.unwrap();
        assert_eq!(address, open);
    }

    #[tokio::test]
    async fn silence_times_out() {
        let (silent, _held) = silent_listener();
        for untried in [VecDeque::from([silent]), VecDeque::from([silent, silent])] {
            let error = race(untried, Duration::from_millis(20)).await.unwrap_err();
            assert_eq!((error.kind, error.address), (ConnectErrorKind::TimedOut, Some(silent.ip())));
        }
    }

    /// A listener that accepts nothing more, and the sockets that keep it so.
    fn silent_listener() -> (SocketAddr, Vec<Socket>) {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut held = vec![listener];
        for _ in 0..4 {
            let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            client.set_nonblocking(true).unwrap();
            let _ = client.connect(&address.into()); // in progress
            held.push(client);
        }
        (address, held)
    }

    #[test]
    fn every_error_has_a_kind() {
        let kind = |number| ConnectErrorKind::of(&io::Error::from_raw_os_error(number));
        let (refused, timed_out, no_host, no_net, reset, no_address, not_permitted) = (111, 110, 113, 101, 104, 99, 1);
        assert_eq!(kind(refused), ConnectErrorKind::Refused);
        assert_eq!(kind(timed_out), ConnectErrorKind::TimedOut);
        assert_eq!(kind(no_host), ConnectErrorKind::Unreachable);
        assert_eq!(kind(no_net), ConnectErrorKind::Unreachable);
        assert_eq!(kind(reset), ConnectErrorKind::Reset);
        assert_eq!(kind(no_address), ConnectErrorKind::Local);
        assert_eq!(kind(not_permitted), ConnectErrorKind::Local);
    }
}
