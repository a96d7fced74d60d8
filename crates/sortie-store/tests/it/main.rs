//! The store as other processes meet it: killed, on a full disk, read while it is written.

mod child;
mod disk_full;
mod exchange;
mod journal;
mod kill;
mod sample;
