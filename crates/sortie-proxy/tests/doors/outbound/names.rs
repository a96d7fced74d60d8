//! Names resolve as `getaddrinfo(3)` resolves them.

use std::net::IpAddr;
use std::process::Command;

use sortie_proxy::resolve::{ResolveError, Resolver};

use super::dns::{self, Zone};
use super::namespace::{Network, inside};

const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost\n\
    10.9.0.1 box box.corp.example # a comment\n\
    10.9.0.2 Multi\nfd09::2 multi\n10.9.0.3 multi\n\
    fd09::4 six-host\n10.9.0.9 shadowed.corp.example\n10.9.0.10 a.b.c\n";
const RESOLV_CONF: &str =
    "nameserver 127.0.0.1\nsearch corp.example sub.corp.example\noptions ndots:2 timeout:1 attempts:1\n";
const ADDRESSES: [&str; 6] =
    ["10.9.0.1/32", "10.9.0.2/32", "fd09::1/128", "fd09::2/128", "2001:db8::1/128", "2002:a09::1/128"];

fn zone() -> Zone {
    Zone::from([
        ("www.corp.example", &["10.9.0.1"][..]),
        ("deep.sub.corp.example", &["10.9.0.2"]),
        ("api.public.test", &["192.0.2.7"]),
        ("api.public.test.corp.example", &["10.9.9.9"]),
        ("alias.corp.example", &["www.corp.example"]),
        ("chain.corp.example", &["chain2.corp.example"]),
        ("chain2.corp.example", &["chain3.public.test"]),
        ("chain3.public.test", &["10.9.0.2", "fd09::2"]),
        ("dual.corp.example", &["10.9.0.1", "2001:db8::1"]),
        ("dual-local.corp.example", &["10.9.0.1", "fd09::1"]),
        ("dual-6to4.corp.example", &["10.9.0.1", "2002:a09::1"]),
        ("dual-far.corp.example", &["10.9.0.1", "2001:db8:ffff::1"]),
        ("six.corp.example", &["fd09::1"]),
        ("many.corp.example", &["192.0.2.1", "192.0.2.2", "192.0.2.3"]),
        ("empty.corp.example", &["empty"]),
        ("empty.corp.example.sub.corp.example", &["empty"]),
        ("dangling.corp.example", &["gone.corp.example"]),
        ("twice.corp.example", &["10.9.0.1"]),
        ("twice.sub.corp.example", &["10.9.0.2"]),
        ("second.sub.corp.example", &["10.9.0.2"]),
        ("top", &["192.0.2.9"]),
        ("under_score.corp.example", &["192.0.2.10"]),
        ("shadowed.corp.example", &["192.0.2.11"]),
        ("failing.public.test", &["fail"]),
        ("mapped.corp.example", &["::ffff:192.0.2.12"]),
    ])
}

const NAMES: [&str; 50] = [
    "localhost",
    "box",
    "BOX",
    "box.corp.example",
    "multi",
    "six-host",
    "shadowed.corp.example",
    "shadowed",
    "a.b.c",
    "www.corp.example",
    "www",
    "WWW.Corp.Example",
    "www.",
    "www.corp.example.",
    "deep.sub",
    "deep",
    "api.public.test",
    "alias",
    "alias.corp.example",
    "chain",
    "dual",
    "dual-local",
    "dual-6to4",
    "dual-far",
    "six",
    "many",
    "empty",
    "empty.corp.example.",
    "nothing.corp.example.",
    "nothing",
    "dangling",
    "twice",
    "second",
    "top",
    "top.",
    "under_score",
    "failing.public.test",
    "failing.public.test.",
    "mapped",
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "::1",
    "fd09::1",
    "::ffff:10.9.0.1",
    "256.1.1.1",
    "1.2.3.4.5",
    "0x",
];

#[test]
fn agree_with_getaddrinfo() {
    let network = Network { addresses: &ADDRESSES, hosts: HOSTS, resolv_conf: RESOLV_CONF };
    inside("outbound::names::agree_with_getaddrinfo", &network, || {
        dns::serve(zone());
        let theirs = getaddrinfo(&NAMES);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ours: Vec<String> = runtime.block_on(async {
            let resolver = Resolver::of_system();
            let mut ours = Vec::new();
            for name in NAMES {
                ours.push(shown(resolver.resolve(name).await.map(|addresses| addresses.to_vec())));
            }
            ours
        });
        let differing: Vec<String> = NAMES
            .iter()
            .zip(theirs.iter().zip(&ours))
            .filter(|(_, (theirs, ours))| theirs != ours)
            .map(|(name, (theirs, ours))| format!("{name}: getaddrinfo {theirs}, ours {ours}"))
            .collect();
        assert!(differing.is_empty(), "{differing:#?}");
    });
}

/// What the C library of this machine makes of names: addresses in its order, or its error's word.
fn getaddrinfo(names: &[&str]) -> Vec<String> {
    const ASK: &str = "
import ipaddress, socket, sys
words = {socket.EAI_NONAME: 'no such name', socket.EAI_NODATA: 'no address', socket.EAI_AGAIN: 'failed'}
for name in sys.argv[1:]:
    try:
        found = [ipaddress.ip_address(a[4][0]) for a in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)]
        print(' '.join(str(getattr(a, 'ipv4_mapped', None) or a) for a in found))
    except socket.gaierror as error:
        print(words.get(error.errno, error))
";
    let output = Command::new("python3").arg("-c").arg(ASK).args(names).output().expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn shown(resolved: Result<Vec<IpAddr>, ResolveError>) -> String {
    match resolved {
        Ok(addresses) => addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(" "),
        Err(ResolveError::NoSuchName) => "no such name".to_owned(),
        Err(ResolveError::NoAddress) => "no address".to_owned(),
        Err(ResolveError::ServerFailed | ResolveError::TimedOut) => "failed".to_owned(),
    }
}
