//! Everything that an event can carry comes back from the journal as it was.

use sortie_store::Folder;
use sortie_store::journal::{Reader, Settings, Writer};

use crate::exchange::{EVENTS, exchange};

#[test]
fn whole_exchanges_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    let (mut writer, _) = Writer::open(&folder, Settings::default()).unwrap();
    let mut written = Vec::new();
    for first in (1..).step_by(EVENTS as usize).take(400) {
        written.extend(exchange(first));
    }
    writer.append(&written).unwrap();
    writer.flush().unwrap();
    let read: Vec<_> = Reader::new(folder.layout()).events_from(0).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(read, written);
}
