//! What is read of a body with nothing in it is read without memory of its own.

use sortie_bench::bodies::{Sample, json};
use sortie_engine::extract;
use sortie_model::Key;

/// Allocations of a search, and the candidates that it finds.
fn search(sample: &Sample) -> (u64, usize) {
    let key = Key::new(&[1; Key::LENGTH]);
    let (body, mut candidates) = (sample.body(), 0);
    let allocated = allocation_counter::measure(|| candidates = extract::from_body(&body, &key).candidates.len());
    (allocated.count_total, candidates)
}

#[test]
fn json_without_a_destination_is_searched_without_allocating() {
    for name in ["order lines", "records of users", "one long text", "numbers"] {
        let samples: Vec<Sample> = json().into_iter().filter(|sample| sample.name == name).collect();
        assert_eq!(samples.len(), 2, "{name}");
        for sample in samples {
            assert_eq!(search(&sample), (0, 0), "{name}, {} bytes", sample.bytes.len());
        }
    }
}

#[test]
fn allocations_are_counted() {
    let with_urls = json().into_iter().find(|sample| sample.name == "five URLs").unwrap();
    let (allocations, candidates) = search(&with_urls);
    assert!(allocations > 0 && candidates == 5, "{allocations} {candidates}");
}
