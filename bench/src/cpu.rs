//! CPU time, as the kernel counts it.

use std::hint::black_box;
use std::io;
use std::time::Duration;

use nix::time::ClockId;

/// Length of a clock tick in /proc: `USER_HZ` is 100 on every architecture that Linux has today.
const TICK: Duration = Duration::from_millis(10);

/// CPU time that these processes have used, in user and kernel mode, all their threads together:
/// `utime` + `stime` of `/proc/PID/stat`, see proc(5).
pub fn used_by(pids: &[u32]) -> io::Result<Duration> {
    let mut ticks = 0;
    for pid in pids {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        ticks += ticks_of(&stat).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is not as proc(5) says")))?;
    }
    Ok(TICK * ticks)
}

/// CPU time that the calling thread has used.
pub fn used_here() -> io::Result<Duration> {
    let used = ClockId::CLOCK_THREAD_CPUTIME_ID.now()?;
    Ok(used.into())
}

/// CPU time of one call on this thread, on the average of as many as take so long or longer together; of one at least.
pub fn mean_here<T>(together: Duration, mut call: impl FnMut() -> T) -> io::Result<Duration> {
    let before = used_here()?;
    let mut calls = 0;
    loop {
        black_box(call());
        calls += 1;
        let used = used_here()?.saturating_sub(before);
        if used >= together {
            return Ok(used / calls);
        }
    }
}

/// Fields 14 and 15. The second field, the program's name, may hold blanks and parentheses.
fn ticks_of(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u32>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_misleads_nobody() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 31 11 5 6 20 0 1 0";
        assert_eq!(ticks_of(stat), Some(42));
        assert_eq!(ticks_of("7 (a) S 1"), None);
    }

    #[test]
    fn this_thread_has_used_something() {
        assert!(used_here().unwrap() > Duration::ZERO);
    }
}
