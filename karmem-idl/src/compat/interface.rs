//! Where two interfaces differ.

use std::collections::HashMap;

use karmem_core::layout::Rule;

use super::{Cause, Compare, Difference, Evolution, Step, Strictness, Task};
use crate::interface::{Interface, Method, Pass};
use crate::schema::Schema;

/// One of two interfaces to compare.
#[derive(Clone, Copy, Debug)]
pub struct InterfaceSide<'a> {
    /// What messages call it: `host`, the name of a module.
    pub label: &'a str,
    /// Its schema.
    pub schema: &'a Schema,
    /// The interface.
    pub interface: &'a Interface,
}

/// The first `limit` differences between two interfaces and all that their types reach; none if
/// their methods mean the same. Methods are compared by name, so their order has no meaning.
///
/// Paths lead from the trait to the place: `Physics.step(world).Monsters[].Pos` for a parameter,
/// `Physics.step().Moved` for a result, and `Physics.step().Ok` and `.Err` for those of a `Result`.
///
/// # Panics
///
/// May panic if an interface is of another schema.
#[must_use]
pub fn interface_differences(
    left: InterfaceSide<'_>,
    right: InterfaceSide<'_>,
    limit: usize,
) -> Vec<Difference> {
    let mut compare = Compare::new([left.schema, right.schema], [left.label, right.label]);
    compare.interfaces(left.interface, right.interface);
    compare.first(limit)
}

/// Whether a consumer can call a provider, which may be a later or an earlier version of the one that
/// it was built for: the provider has all methods that the consumer has, and their types differ in
/// nothing but fields at the end of tables, as [`evolution`](super::evolution) says.
///
/// # Errors
///
/// The first differences that are more than that; at most eight.
///
/// # Panics
///
/// May panic if an interface is of another schema.
pub fn interface_evolution(
    consumer: InterfaceSide<'_>,
    provider: InterfaceSide<'_>,
) -> Result<Evolution, Vec<Difference>> {
    let sides = [consumer.schema, provider.schema];
    let mut compare = Compare::new(sides, [consumer.label, provider.label]);
    compare.strictness = Strictness::Evolution;
    compare.interfaces(consumer.interface, provider.interface);
    compare.evolution()
}

impl<'a> Compare<'a> {
    /// Begins to compare two interfaces.
    pub(super) fn interfaces(&mut self, a: &'a Interface, b: &'a Interface) {
        let root = self.paths.root(a.title());
        let same = self.same(
            root,
            Named("package", &a.package),
            Named("package", &b.package),
        ) && self.same(
            root,
            Named("interface", &a.name),
            Named("interface", &b.name),
        );
        self.number(root, "version", Some(a.version), Some(b.version));
        if same {
            let by_name = |it: &'a Interface| -> HashMap<&'a str, &'a Method> {
                let methods = it.methods.iter();
                methods
                    .map(|method| (method.name.as_str(), method))
                    .collect()
            };
            let (in_a, in_b) = (by_name(a), by_name(b));
            for method in &a.methods {
                let node = self.node(root, Step::Member(&method.name));
                match in_b.get(method.name.as_str()) {
                    Some(other) => self.methods(node, method, other),
                    None => self.report(node, Cause::OnlyLeft),
                }
            }
            let only_right = |it: &&Method| !in_a.contains_key(it.name.as_str());
            for method in b.methods.iter().filter(only_right) {
                let node = self.node(root, Step::Member(&method.name));
                match self.strictness {
                    Strictness::Exact => self.report(node, Cause::OnlyRight),
                    // Who calls some of the methods says nothing of the others.
                    Strictness::ExactTypes | Strictness::Evolution => {
                        self.new.push(Task::Accept(node, Cause::OnlyRight));
                    }
                }
            }
        }
        self.schedule();
    }

    fn methods(&mut self, node: usize, a: &'a Method, b: &'a Method) {
        for i in 0..a.params.len().max(b.params.len()) {
            let (name, cause) = match (a.params.get(i), b.params.get(i)) {
                (Some(a), Some(b)) if a.name == b.name => {
                    let at = self.node(node, Step::Param(&a.name));
                    self.passes(at, &a.pass, &b.pass);
                    continue;
                }
                (Some(a), Some(b)) => (&a.name, Cause::Name(a.name.clone(), b.name.clone())),
                (Some(a), None) => (&a.name, Cause::OnlyLeft),
                (None, Some(b)) => (&b.name, Cause::OnlyRight),
                (None, None) => break,
            };
            let at = self.node(node, Step::Param(name));
            let stop = matches!(cause, Cause::Name(..));
            self.report(at, cause);
            if stop {
                break;
            }
        }
        let result = self.node(node, Step::Result);
        let kind = |method: &Method| match method.err {
            Some(_) => "a `Result`",
            None => "no `Result`",
        };
        if !self.same(result, kind(a), kind(b)) {
            return;
        }
        let ok = match a.err {
            Some(_) => self.node(result, Step::Member("Ok")),
            None => result,
        };
        self.results(ok, a.ok.as_ref(), b.ok.as_ref());
        if a.err.is_some() {
            let err = self.node(result, Step::Member("Err"));
            self.results(err, a.err.as_ref(), b.err.as_ref());
        }
    }

    fn results(&mut self, node: usize, a: Option<&'a Pass>, b: Option<&'a Pass>) {
        match (a, b) {
            (Some(a), Some(b)) => self.passes(node, a, b),
            (a, b) => {
                let kind = |pass: Option<&Pass>| match pass {
                    Some(pass) => pass.mode().name(),
                    None => "nothing",
                };
                self.same(node, kind(a), kind(b));
            }
        }
    }

    fn passes(&mut self, node: usize, a: &'a Pass, b: &'a Pass) {
        if self.same(node, a.mode().name(), b.mode().name()) {
            self.inner(node, [a.ty(), b.ty()], [Rule::Padded, Rule::Padded]);
        }
    }
}

/// A word and a name, to be compared and shown together.
#[derive(PartialEq)]
struct Named<'a>(&'static str, &'a str);

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", self.0, self.1)
    }
}
