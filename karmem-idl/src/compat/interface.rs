//! Where two interfaces differ.

use karmem_core::layout::Rule;

use super::{Cause, Compare, Difference, Evolution, Node, Task};
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
    compare.run(limit)
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
    compare.tolerant = true;
    compare.interfaces(consumer.interface, provider.interface);
    compare.evolution()
}

impl Compare<'_> {
    /// Begins to compare two interfaces.
    fn interfaces(&mut self, a: &Interface, b: &Interface) {
        self.nodes.push(Node {
            parent: 0,
            text: a.title(),
        });
        let same = self.text(
            0,
            &format!("package `{}`", a.package),
            &format!("package `{}`", b.package),
        ) && self.text(
            0,
            &format!("interface `{}`", a.name),
            &format!("interface `{}`", b.name),
        );
        self.number(0, "version", Some(a.version), Some(b.version));
        if same {
            for method in &a.methods {
                let node = self.node(0, format!(".{}", method.name));
                match b.method(&method.name) {
                    Some(other) => self.methods(node, method, other),
                    None => self.report(node, Cause::OnlyLeft),
                }
            }
            for method in b.methods.iter().filter(|it| a.method(&it.name).is_none()) {
                let node = self.node(0, format!(".{}", method.name));
                match self.tolerant {
                    true => self.new.push(Task::Accept(node, Cause::OnlyRight)),
                    false => self.report(node, Cause::OnlyRight),
                }
            }
        }
        self.schedule();
    }

    fn methods(&mut self, node: usize, a: &Method, b: &Method) {
        for i in 0..a.params.len().max(b.params.len()) {
            let (name, cause) = match (a.params.get(i), b.params.get(i)) {
                (Some(a), Some(b)) if a.name == b.name => {
                    let at = self.node(node, format!("({})", a.name));
                    self.passes(at, &a.pass, &b.pass);
                    continue;
                }
                (Some(a), Some(b)) => (&a.name, Cause::Name(a.name.clone(), b.name.clone())),
                (Some(a), None) => (&a.name, Cause::OnlyLeft),
                (None, Some(b)) => (&b.name, Cause::OnlyRight),
                (None, None) => break,
            };
            let at = self.node(node, format!("({name})"));
            let stop = matches!(cause, Cause::Name(..));
            self.report(at, cause);
            if stop {
                break;
            }
        }
        let result = self.node(node, "()".to_owned());
        let kind = |method: &Method| match method.err {
            Some(_) => "a `Result`",
            None => "no `Result`",
        };
        if !self.text(result, kind(a), kind(b)) {
            return;
        }
        let ok = match a.err {
            Some(_) => self.node(result, ".Ok".to_owned()),
            None => result,
        };
        self.results(ok, a.ok.as_ref(), b.ok.as_ref());
        if a.err.is_some() {
            let err = self.node(result, ".Err".to_owned());
            self.results(err, a.err.as_ref(), b.err.as_ref());
        }
    }

    fn results(&mut self, node: usize, a: Option<&Pass>, b: Option<&Pass>) {
        match (a, b) {
            (Some(a), Some(b)) => self.passes(node, a, b),
            (a, b) => {
                let kind = |pass: Option<&Pass>| match pass {
                    Some(pass) => pass.mode().name(),
                    None => "nothing",
                };
                self.text(node, kind(a), kind(b));
            }
        }
    }

    fn passes(&mut self, node: usize, a: &Pass, b: &Pass) {
        if self.text(node, a.mode().name(), b.mode().name()) {
            let types = Box::new([a.ty().clone(), b.ty().clone()]);
            self.new
                .push(Task::Types(node, types, [Rule::Padded, Rule::Padded]));
        }
    }
}
