//! Which names are asked for a name, in which order: the search list of `resolv.conf(5)`.

/// The fully qualified names to try, as glibc's `res_search` does: a name that ends in a dot stands
/// for itself; one with at least `ndots` dots is asked as it is first, then with each ending; one
/// with fewer the other way round. None ends in a dot.
pub(super) fn names(asked: &str, ndots: usize, search: &[Box<str>]) -> Vec<String> {
    if let Some(qualified) = asked.strip_suffix('.') {
        return vec![qualified.to_owned()];
    }
    let itself_first = asked.bytes().filter(|&byte| byte == b'.').count() >= ndots;
    let mut names = Vec::with_capacity(search.len() + 1);
    if itself_first {
        names.push(asked.to_owned());
    }
    for ending in search {
        let name = if ending.is_empty() { asked.to_owned() } else { format!("{asked}.{ending}") };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if !names.iter().any(|name| name == asked) {
        names.push(asked.to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(asked: &str, ndots: usize) -> String {
        names(asked, ndots, &["a.example".into(), "b.example".into()]).join(" ")
    }

    #[test]
    fn follows_dots_and_ndots() {
        assert_eq!(tried("db", 1), "db.a.example db.b.example db");
        assert_eq!(tried("db.x", 1), "db.x db.x.a.example db.x.b.example");
        assert_eq!(tried("db.x", 5), "db.x.a.example db.x.b.example db.x");
        assert_eq!(tried("db.", 5), "db");
        assert_eq!(tried("db", 0), "db db.a.example db.b.example");
    }

    #[test]
    fn the_root_in_the_list_stands_for_the_name_itself() {
        assert_eq!(names("db", 1, &["".into(), "a.example".into()]), ["db", "db.a.example"]);
    }
}
