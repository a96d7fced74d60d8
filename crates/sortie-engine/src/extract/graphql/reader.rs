//! A walk through a GraphQL document (specification of October 2021, §2): what stands in its arguments.
//!
//! Only executable documents are read. Selections and values are followed without recursion. What a server refuses
//! for other reasons than its grammar is read all the same.

use std::fmt::Write;

use smallvec::SmallVec;
use sortie_model::limits;

use super::lexer::{Broken, Lexer, Token};

/// Tokens of one document: as many as the widest used server takes by default (graphql-java).
const TOKENS: usize = 15_000;
/// Bytes of one name that a path keeps.
const NAME_LENGTH: usize = 64;

/// A value that holds no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf<'t> {
    /// A string: what stands between its quotes.
    Text(&'t str),
    /// A block string, the same.
    Block(&'t str),
    /// A number.
    Number(&'t str),
    /// A value of an enumeration, or `true`, `false`, `null`.
    Word(&'t str),
    /// A variable, by its name.
    Variable(&'t str),
}

/// What a walk meets.
pub(super) trait Visitor<'t> {
    /// Whether it asks for values. Without them the walk costs half.
    const ASKS_FOR_VALUES: bool = true;

    /// The arguments of a field or directive begin.
    fn begin_call(&mut self) {}

    /// A value at a path: field or directive, argument, and what it stands in there (`createHook.input.urls[0]`).
    fn leaf(&mut self, _path: &str, _leaf: Leaf<'t>) {}

    /// The definition of a variable, with its default as it is written.
    fn variable_default(&mut self, _variable: &'t str, _value: &'t str) {}
}

/// Where the walk is.
struct Reader<'t, 'v, V> {
    text: &'t str,
    lexer: Lexer<'t>,
    /// The token at hand, and where it begins.
    token: Token<'t>,
    start: usize,
    /// Tokens taken.
    taken: usize,
    path: String,
    /// Whether values are passed over.
    is_silent: bool,
    visitor: &'v mut V,
}

/// A list or object that is open.
struct Open {
    /// Length of the path above it.
    above: usize,
    /// Of a list, its next index.
    index: Option<usize>,
}

/// Reads a document. Returns how many tokens were taken, and whether it is one.
///
/// # Errors
/// It is none, or has more tokens or levels than are read.
pub(super) fn document<'t>(text: &'t str, visitor: &mut impl Visitor<'t>) -> (usize, Result<(), Broken>) {
    let mut reader = Reader::new(text, String::new(), visitor);
    let read = reader.advance().and_then(|()| reader.definitions());
    (reader.taken, read)
}

/// Reads a value, written at a path.
pub(super) fn value<'t>(text: &'t str, path: &str, visitor: &mut impl Visitor<'t>) -> Result<(), Broken> {
    let mut reader = Reader::new(text, path.to_owned(), visitor);
    reader.advance()?;
    reader.value()
}

impl<'t, 'v, V: Visitor<'t>> Reader<'t, 'v, V> {
    fn new(text: &'t str, path: String, visitor: &'v mut V) -> Self {
        let (lexer, token) = (Lexer::new(text), Token::End);
        Self { text, lexer, token, start: 0, taken: 0, path, is_silent: false, visitor }
    }

    /// Goes on to the next token.
    fn advance(&mut self) -> Result<(), Broken> {
        (self.start, self.token) = self.lexer.next()?;
        Ok(())
    }

    /// Takes the token at hand.
    fn take(&mut self) -> Result<Token<'t>, Broken> {
        let token = self.token;
        if self.taken == TOKENS {
            return Err(Broken);
        }
        self.taken += 1;
        self.advance()?;
        Ok(token)
    }

    /// Takes a punctuator, if it is at hand.
    fn takes(&mut self, mark: u8) -> Result<bool, Broken> {
        let is_at_hand = self.token == Token::Mark(mark);
        if is_at_hand {
            self.take()?;
        }
        Ok(is_at_hand)
    }

    fn mark(&mut self, mark: u8) -> Result<(), Broken> {
        if self.takes(mark)? { Ok(()) } else { Err(Broken) }
    }

    fn name(&mut self) -> Result<&'t str, Broken> {
        if let Token::Name(name) = self.take()? { Ok(name) } else { Err(Broken) }
    }

    fn definitions(&mut self) -> Result<(), Broken> {
        self.definition()?;
        while self.token != Token::End {
            self.definition()?;
        }
        Ok(())
    }

    fn definition(&mut self) -> Result<(), Broken> {
        self.description()?;
        match self.token {
            Token::Mark(b'{') => {}
            Token::Name("query" | "mutation" | "subscription") => {
                self.take()?;
                if let Token::Name(_) = self.token {
                    self.take()?;
                }
                self.variables()?;
            }
            Token::Name("fragment") => {
                self.take()?;
                self.name()?;
                // An old extension that some servers still take.
                self.variables()?;
                if self.name()? != "on" {
                    return Err(Broken);
                }
                self.name()?;
            }
            _ => return Err(Broken),
        }
        self.directives()?;
        self.selections()
    }

    /// A string before a definition: its description, of the specification of September 2025.
    fn description(&mut self) -> Result<(), Broken> {
        if let Token::Text(_) | Token::Block(_) = self.token {
            self.take()?;
        }
        Ok(())
    }

    /// The definitions of variables.
    fn variables(&mut self) -> Result<(), Broken> {
        if !self.takes(b'(')? {
            return Ok(());
        }
        while !self.takes(b')')? {
            self.description()?;
            self.mark(b'$')?;
            let variable = self.name()?;
            self.mark(b':')?;
            self.variable_type()?;
            if self.takes(b'=')? {
                let start = self.start;
                self.is_silent = true;
                self.value()?;
                self.is_silent = false;
                self.visitor.variable_default(variable, &self.text[start..self.start]);
            }
            self.directives()?;
        }
        Ok(())
    }

    fn variable_type(&mut self) -> Result<(), Broken> {
        let mut lists = 0_usize;
        while self.takes(b'[')? {
            lists += 1;
        }
        self.name()?;
        loop {
            let is_end = lists > 0 && self.takes(b']')?;
            lists -= usize::from(is_end);
            if !is_end && !self.takes(b'!')? {
                return if lists == 0 { Ok(()) } else { Err(Broken) };
            }
        }
    }

    /// A selection set and all that are in it.
    fn selections(&mut self) -> Result<(), Broken> {
        self.mark(b'{')?;
        let mut open = 1_usize;
        while open > 0 {
            match self.take()? {
                Token::Mark(b'}') => {
                    open -= 1;
                    continue;
                }
                Token::Mark(b'.') => self.fragment()?,
                Token::Name(name) => {
                    let field = if self.takes(b':')? { self.name()? } else { name };
                    self.arguments("", field)?;
                }
                _ => return Err(Broken),
            }
            self.directives()?;
            open += usize::from(self.takes(b'{')?);
        }
        Ok(())
    }

    /// What follows the three dots: the name of a fragment, a type, or nothing.
    fn fragment(&mut self) -> Result<(), Broken> {
        if let Token::Name(name) = self.token {
            self.take()?;
            if name == "on" {
                self.name()?;
            }
        }
        Ok(())
    }

    fn directives(&mut self) -> Result<(), Broken> {
        while self.takes(b'@')? {
            let name = self.name()?;
            self.arguments("@", name)?;
        }
        Ok(())
    }

    /// The arguments of what bears a name, if it has any. They are known by that name, whatever it stands in:
    /// one resolver answers for it, on whatever way a client comes to it.
    fn arguments(&mut self, sign: &str, name: &str) -> Result<(), Broken> {
        if !self.takes(b'(')? {
            return Ok(());
        }
        self.visitor.begin_call();
        while !self.takes(b')')? {
            let argument = self.name()?;
            // Apollo's parser takes one without a value.
            if !self.takes(b':')? {
                continue;
            }
            self.path.clear();
            self.path.push_str(sign);
            self.path.push_str(clipped(name));
            self.push_name(argument);
            self.value()?;
        }
        Ok(())
    }

    /// A value and all that are in it. The path is what stands around it.
    fn value(&mut self) -> Result<(), Broken> {
        let mut open: SmallVec<[Open; 8]> = SmallVec::new();
        loop {
            let token = self.take()?;
            match token {
                Token::Mark(bracket @ (b'[' | b'{')) => {
                    if open.len() == limits::NESTING {
                        return Err(Broken);
                    }
                    open.push(Open { above: self.path.len(), index: (bracket == b'[').then_some(0) });
                }
                Token::Mark(b'$') => {
                    let name = self.name()?;
                    self.leaf(Leaf::Variable(name));
                }
                Token::Text(text) => self.leaf(Leaf::Text(text)),
                Token::Block(text) => self.leaf(Leaf::Block(text)),
                Token::Number(text) => self.leaf(Leaf::Number(text)),
                Token::Name(name) => self.leaf(Leaf::Word(name)),
                Token::Mark(_) | Token::End => return Err(Broken),
            }
            if !self.go_on(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Goes on to the next value in what is open. `false` where that is at its end.
    fn go_on(&mut self, open: &mut SmallVec<[Open; 8]>) -> Result<bool, Broken> {
        while let Some(Open { above, index }) = open.last_mut() {
            self.path.truncate(*above);
            match index {
                None if self.takes(b'}')? => {}
                None => {
                    let name = self.name()?;
                    self.mark(b':')?;
                    self.push_name(name);
                    return Ok(true);
                }
                Some(_) if self.takes(b']')? => {}
                Some(index) => {
                    if V::ASKS_FOR_VALUES {
                        // Writing to a string does not fail.
                        let _ = write!(self.path, "[{index}]");
                    }
                    *index += 1;
                    return Ok(true);
                }
            }
            open.pop();
        }
        Ok(false)
    }

    fn push_name(&mut self, name: &str) {
        self.path.push('.');
        self.path.push_str(clipped(name));
    }

    fn leaf(&mut self, leaf: Leaf<'t>) {
        if V::ASKS_FOR_VALUES && !self.is_silent {
            self.visitor.leaf(&self.path, leaf);
        }
    }
}

/// The beginning of a name, which is ASCII.
fn clipped(name: &str) -> &str {
    &name[..name.len().min(NAME_LENGTH)]
}

#[cfg(test)]
mod tests {
    use apollo_parser::Parser;
    use apollo_parser::cst::Definition;

    use super::*;

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl<'t> Visitor<'t> for Seen {
        fn begin_call(&mut self) {
            self.0.push("call".to_owned());
        }

        fn leaf(&mut self, path: &str, leaf: Leaf<'t>) {
            self.0.push(format!("{path} {leaf:?}"));
        }

        fn variable_default(&mut self, variable: &'t str, value: &'t str) {
            self.0.push(format!("${variable} = {value}"));
        }
    }

    fn seen(text: &str) -> Result<Vec<String>, Broken> {
        let mut seen = Seen::default();
        document(text, &mut seen).1.map(|()| seen.0)
    }

    #[test]
    fn arguments_are_met_in_their_order() {
        let text = "query Q($v: [T!]! = [1 {a: $x}] @d(e: 1), $w: T) @f { b: c(d: $v, e: {f: [null, \"g\"]}) { ...H ... on I @j(k: L) { m } } }";
        assert_eq!(
            seen(text).unwrap(),
            [
                "$v = [1 {a: $x}] ",
                "call",
                "@d.e Number(\"1\")",
                "call",
                "c.d Variable(\"v\")",
                "c.e.f[0] Word(\"null\")",
                "c.e.f[1] Text(\"g\")",
                "call",
                "@j.k Word(\"L\")",
            ]
        );
    }

    #[test]
    fn texts_that_are_no_documents_are_told() {
        for text in [
            "",
            "a",
            "{",
            "{a",
            "{a}}",
            "{a(}",
            "{a(b:)}",
            "{a(b:[1}",
            "{a(b:{c}",
            "{1}",
            "query",
            "query Q",
            "query languages",
            "fragment F { a }",
            "type A { b: C }",
            "{a} b",
            "query($v) {a}",
            "query($v:[T) {a}",
            "select * from t",
            "{\"a\":1}",
        ] {
            assert_eq!(seen(text), Err(Broken), "{text}");
        }
        assert!(seen(&format!("{{{}", "a ".repeat(TOKENS))).is_err());
        assert!(seen(&format!("{}a{}", "{a".repeat(3000), "}".repeat(3000))).is_ok());
    }

    /// Whether it is an executable document to a parser that knows all of the grammar.
    fn is_document(text: &str) -> bool {
        let tree = Parser::new(text).parse();
        let is_executable =
            |definition| matches!(definition, Definition::OperationDefinition(_) | Definition::FragmentDefinition(_));
        tree.errors().len() == 0
            && tree.document().definitions().count() > 0
            && tree.document().definitions().all(is_executable)
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2048))]

        #[test]
        fn no_document_is_passed_over(
            text in "((query|mutation|subscription)( Q)?|fragment F on T)?(\\(\\$v:(T|\\[T!\\]!)(=(1|\"s\"|\\[\\]|\\{\\}))?( @d)?\\))?( @d(\\(a:1\\))?)?\\{((a|on|query) ?|a:b ?|\\(c:(-1\\.5e3|0|\\$v|\"s\\\\\"\"|\"\"\"s\"s\"\"\"|E|null|\\[1,\\{x:2\\}\\]|\\{y:\\[\\]z:3\\}) d:1\\)|\\.\\.\\.(F|on T\\{a\\}|@d\\{a\\})| @d|\\{a\\}|#\"\n|,){1,8}\\}",
        ) {
            proptest::prop_assert!(seen(&text).is_ok() || !is_document(&text), "{}", text);
        }

        #[test]
        fn no_soup_that_is_a_document_is_passed_over(text in "(a|\\{|\\}|\\(|\\)|b:|1|\"|\"\"\"|\\\\|\\$v|@d|\\.\\.\\.|query |on |[, \n#]){0,12}") {
            let text = format!("{{a{text}}}");
            proptest::prop_assert!(seen(&text).is_ok() || !is_document(&text), "{}", text);
        }
    }
}
