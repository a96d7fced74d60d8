//! Short tunnels: CONNECT, one request inside, and the end.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{Requests, connect, exchange, over};
use super::{LoadError, Plan};
use crate::figures::{Figures, Noted};

/// Longest head of an answer to CONNECT.
const HEAD: usize = 4096;

pub(super) async fn run(plan: &Plan) -> Result<Figures, LoadError> {
    let requests = Requests::inside(plan);
    let destination = plan.through_to.unwrap_or(plan.to);
    let window = plan.window();
    let mut tasks = JoinSet::new();
    for first in 0..plan.connections {
        let (requests, plan) = (requests.clone(), plan.clone());
        let mut number = first * 61;
        tasks.spawn(async move {
            let mut noted = Noted::default();
            while !window.is_over() {
                let asked = Instant::now();
                let mut stream = connect(&plan).await?;
                ask_for_tunnel(&mut stream, destination).await?;
                let mut sender = over(stream).await?;
                let answer = exchange(&mut sender, requests.nth(number), plan.size).await?;
                drop(sender);
                window.note_ended(&mut noted, asked, answer);
                number += 1;
            }
            Ok(noted)
        });
    }
    window.measure(&plan.pids, tasks).await
}

async fn ask_for_tunnel(stream: &mut TcpStream, destination: SocketAddr) -> Result<(), LoadError> {
    let ask = format!("CONNECT {destination} HTTP/1.1\r\nHost: {destination}\r\nUser-Agent: shop/4.18\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let mut head = Vec::with_capacity(HEAD);
    while !head.ends_with(b"\r\n\r\n") {
        let is_at_end = head.len() >= HEAD || stream.read_buf(&mut head).await? == 0;
        if is_at_end {
            break;
        }
    }
    let text = String::from_utf8_lossy(&head);
    let status = text.lines().next().unwrap_or_default();
    if status.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(LoadError::Tunnel(status.to_owned())) }
}
