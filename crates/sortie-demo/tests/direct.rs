//! The hour without Sortie: the world is whole, and every attack succeeds.

use sortie_demo::{Atlas, Attack, Benign, Deed, Ground, Hour, Route, World};

async fn play(ground: Ground) -> (Vec<Deed>, Benign) {
    let world = World::open(Atlas::draw(ground).unwrap(), Route::Direct).await.unwrap();
    let mut hour = Hour::new(&world, world.atlas().doors().shop).unwrap();
    hour.morning().await.unwrap();
    let mut deeds = Vec::new();
    for attack in Attack::ALL {
        deeds.push(hour.attack(attack).await.unwrap());
        hour.orders_with_notes().await.unwrap();
    }
    let benign = hour.evening().await.unwrap();
    world.close().await;
    (deeds, benign)
}

fn judge(deeds: &[Deed], benign: &Benign) {
    assert!(benign.is_untouched(), "{benign:#?}");
    assert_eq!((benign.mentions.done, benign.previews.done), (10, 12));
    for deed in deeds {
        let is_denied = deed.attack.denied().is_some();
        assert_eq!(deed.reached, usize::from(is_denied), "{deed:#?}");
    }
    let got = |index: usize| deeds[index].steps.iter().map(|step| step.got.as_str()).collect::<Vec<_>>().join(" | ");
    assert_eq!(got(0), "200; nothing comes | 201; my host is called | 200; my host is called");
    assert!(got(1).ends_with("is open, 7 look closed"), "{}", got(1));
    assert!(got(2).contains("\"Code\": \"Success\""), "{}", got(2));
    assert!(got(3).contains("\"customer\":\"willow\""), "{}", got(3));
    assert!(got(4).contains("#cloud-config"), "{}", got(4));
}

#[tokio::test]
async fn every_attack_succeeds_on_loopback() {
    let (deeds, benign) = play(Ground::Loopback).await;
    judge(&deeds, &benign);
}

#[test]
#[expect(clippy::print_stdout, reason = "who runs the tests is to see what was not tested")]
fn every_attack_succeeds_in_a_namespace() {
    // A thread of its own, so that nothing but it, and what it starts, is in the namespace.
    let played = std::thread::spawn(|| {
        let ground = Ground::enter(None).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        (ground == Ground::Namespace).then(|| runtime.block_on(play(ground)))
    });
    match played.join().unwrap() {
        Some((deeds, benign)) => judge(&deeds, &benign),
        None => {
            let why = "no right to make a network namespace for a thread";
            // See `CONTRIBUTING.md`.
            assert!(std::env::var_os("SORTIE_NO_SKIP").is_none(), "{why}");
            println!("skipped: {why}");
        }
    }
}
