use proptest::prelude::*;

use super::*;

struct Place {
    _dir: tempfile::TempDir,
    folder: Folder,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        Self { _dir: dir, folder }
    }

    fn open(&self) -> (Checkpoints, Loaded) {
        Checkpoints::open(&self.folder, 7).unwrap()
    }

    fn event(&self) -> Option<u64> {
        self.open().1.checkpoint.map(|checkpoint| checkpoint.event)
    }

    fn newest(&self) -> std::path::PathBuf {
        self.folder.layout().checkpoint_newest()
    }
}

fn state(event: u64) -> Vec<u8> {
    format!("state at {event}").repeat(50).into_bytes()
}

#[test]
fn nothing_is_loaded_from_an_empty_folder() {
    let place = Place::new();
    let (_, loaded) = place.open();
    assert!(loaded.checkpoint.is_none() && loaded.passed_over.is_empty());
}

#[test]
fn the_newest_is_loaded_and_the_one_before_is_kept() {
    let place = Place::new();
    let (mut checkpoints, _) = place.open();
    for event in [10, 20, 30] {
        checkpoints.save(event, &state(event)).unwrap();
        let (_, loaded) = place.open();
        assert_eq!(loaded.checkpoint, Some(Checkpoint { event, state: state(event) }));
    }
    fs::remove_file(place.newest()).unwrap();
    assert_eq!(place.event(), Some(20));
}

#[test]
fn a_broken_newest_falls_back_and_does_not_push_out_the_good_one() {
    let place = Place::new();
    let (mut checkpoints, _) = place.open();
    checkpoints.save(10, &state(10)).unwrap();
    checkpoints.save(20, &state(20)).unwrap();
    fs::write(place.newest(), b"nonsense").unwrap();
    let (mut checkpoints, loaded) = place.open();
    assert_eq!(loaded.checkpoint.unwrap().event, 10);
    assert!(matches!(loaded.passed_over.as_slice(), [StoreError::Damaged { .. }]));
    checkpoints.save(30, &state(30)).unwrap();
    assert_eq!(place.event(), Some(30));
    fs::remove_file(place.newest()).unwrap();
    assert_eq!(place.event(), Some(10));
}

#[test]
fn another_version_is_passed_over_and_named() {
    let place = Place::new();
    let (mut checkpoints, _) = place.open();
    checkpoints.save(10, &state(10)).unwrap();
    let (_, loaded) = Checkpoints::open(&place.folder, 8).unwrap();
    assert!(loaded.checkpoint.is_none());
    let [StoreError::Version { what: "engine state", found: 7, expected: 8, .. }] = loaded.passed_over.as_slice()
    else {
        panic!("{:?}", loaded.passed_over);
    };
}

#[test]
fn a_write_that_fails_changes_nothing() {
    let place = Place::new();
    let (mut checkpoints, _) = place.open();
    checkpoints.save(10, &state(10)).unwrap();
    checkpoints.save(20, &state(20)).unwrap();
    // No file can be made where a folder has its name.
    fs::create_dir(place.folder.layout().checkpoint_incoming()).unwrap();
    checkpoints.save(30, &state(30)).unwrap_err();
    assert_eq!(place.event(), Some(20));
    fs::remove_file(place.newest()).unwrap();
    assert_eq!(place.event(), Some(10));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Cut anywhere or with any bit turned, the newest is never taken for whole.
    #[test]
    fn damage_is_always_seen(at in any::<prop::sample::Index>(), bit in 0..8_u8, cut: bool) {
        let place = Place::new();
        let (mut checkpoints, _) = place.open();
        checkpoints.save(10, &state(10)).unwrap();
        checkpoints.save(20, &state(20)).unwrap();
        let mut bytes = fs::read(place.newest()).unwrap();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << bit;
        }
        fs::write(place.newest(), bytes).unwrap();
        prop_assert_eq!(place.event(), Some(10));
    }
}
