//! The variables of a GraphQL request, and which of them its documents use.

use std::borrow::Cow;

use sortie_model::Container;
use sortie_model::event::Cut;

use super::super::collector::Collector;
use super::super::{json, work};

/// Variables of one request that are told apart.
const MOST: usize = 1024;

/// Values by their variables' names.
#[derive(Debug, Default)]
pub(in super::super) struct Variables<'t> {
    /// In the order of their names.
    values: Vec<Value<'t>>,
    /// Objects that they come from. There are more than one only where the name of all stands twice.
    objects: usize,
}

#[derive(Debug)]
struct Value<'t> {
    name: Cow<'t, str>,
    /// As it is written.
    text: &'t str,
    /// Which of the objects it stands in.
    object: usize,
    is_used: bool,
}

/// What stands in for `variables`: an object, which may be written in a string.
pub(in super::super) fn text_of(value: &str) -> Cow<'_, str> {
    json::string(value).unwrap_or(Cow::Borrowed(value))
}

impl<'t> Variables<'t> {
    /// The variables of these objects.
    pub(in super::super) fn of(objects: &'t [Cow<'t, str>], out: &mut Collector<'_>) -> Self {
        let each = objects.iter().enumerate();
        let mut all = each.flat_map(|(object, text)| json::values(text).map(move |(name, text)| (object, name, text)));
        let values = all.by_ref().take(MOST).map(|(object, name, text)| Value { name, text, object, is_used: false });
        let mut values: Vec<_> = values.collect();
        out.work(values.len() * work::READING);
        if all.next().is_some() && out.has_sinks_in(Container::Graphql) {
            out.cut(Cut::Format);
        }
        values.sort_by(|a, b| a.name.cmp(&b.name));
        Self { values, objects: objects.len() }
    }

    /// Uses a variable: its values, as they are written, and whether there is none in some object.
    pub(super) fn take(&mut self, name: &str) -> (impl Iterator<Item = &'t str>, bool) {
        let start = self.values.partition_point(|value| *value.name < *name);
        let length = self.values[start..].partition_point(|value| *value.name == *name);
        let values = &mut self.values[start..start + length];
        for value in &mut *values {
            value.is_used = true;
        }
        let is_sometimes_absent = values.is_empty() || self.objects > 1;
        (values.iter().map(|value| value.text), is_sometimes_absent)
    }

    /// Those of one object that no document used.
    pub(in super::super) fn unused(&self, object: usize) -> impl Iterator<Item = (&str, &'t str)> {
        let unused = self.values.iter().filter(move |value| !value.is_used && value.object == object);
        unused.map(|value| (&*value.name, value.text))
    }
}
