//! nginx as a reverse proxy, as fast as its own documents make it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::process::Process;
use crate::install::Needed;
use crate::shell::Failed;

pub(super) const NEEDED: Needed = Needed { probe: &["/usr/sbin/nginx", "-v"], package: "nginx" };

/// Two workers, as many as the others have threads. Connections to the upstream are kept open, and
/// bodies stay in memory.
pub(super) fn start(listen: SocketAddr, upstream: SocketAddr, folder: &Path) -> Result<Process, Failed> {
    let home = folder.join("nginx");
    fs::create_dir_all(&home).map_err(Failed::file(&home))?;
    let file = home.join("nginx.conf");
    fs::write(&file, configuration(listen, upstream)).map_err(Failed::file(&file))?;
    let mut command = Command::new(NEEDED.probe[0]);
    command.arg("-p").arg(&home).arg("-c").arg(&file).args(["-e", "stderr"]);
    Process::start(command, "nginx", folder, &[listen])
}

fn configuration(listen: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "daemon off;
pid nginx.pid;
worker_processes 2;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  tcp_nodelay on;
  keepalive_requests 100000000;
  client_body_buffer_size 128k;
  proxy_buffers 16 8k;
  upstream origin {{ server {upstream}; keepalive 128; keepalive_requests 100000000; }}
  server {{
    listen {listen};
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"
    )
}
