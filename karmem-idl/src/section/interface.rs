//! Reads and checks the lines of interfaces.

use std::collections::HashSet;

use super::limits::MAX_METHODS;
use super::{Body, SectionFault, is_name, number, syntax, too_many};
use crate::interface::{Interface, Method, Mode, Param, Pass};
use crate::schema::{Data, Type, TypeDef};

/// A name in an interface: `__` separates such names in the names of exports.
fn is_ident(text: &str) -> bool {
    is_name(text) && !text.contains("__")
}

/// A name at the start of `cursor`, up to the first of `ends`, which stays there.
fn ident<'a>(
    cursor: &mut &'a str,
    ends: char,
    expected: &'static str,
) -> Result<&'a str, SectionFault> {
    let end = cursor.find(ends).unwrap_or(cursor.len());
    let (name, rest) = cursor.split_at(end);
    if rest.is_empty() || !is_ident(name) {
        return Err(syntax(expected, cursor));
    }
    *cursor = rest;
    Ok(name)
}

impl<'a> Body<'a> {
    /// The interface of this line.
    pub(super) fn interface(&self, types: &[TypeDef]) -> Result<Interface, SectionFault> {
        let title = self.line.path;
        let expected = || syntax("an interface like `package/name@1`", title);
        let (package, rest) = title.split_once('/').ok_or_else(expected)?;
        let (name, version) = rest.split_once('@').ok_or_else(expected)?;
        if !is_ident(package) || !is_ident(name) {
            return Err(expected());
        }
        let version = number(version).ok_or_else(expected)?;
        let mut methods = Vec::<Method>::new();
        let mut names = HashSet::new();
        for text in self.line.text.split(' ').skip(3) {
            let method = self.method(types, text)?;
            if !names.insert(method.name.clone()) {
                return Err(invalid(title, &method.name, "stands there twice"));
            }
            methods.push(method);
        }
        if methods.is_empty() {
            return Err(SectionFault::Invalid {
                at: title.to_owned(),
                what: "has no methods".to_owned(),
            });
        }
        Ok(Interface {
            package: package.to_owned(),
            name: name.to_owned(),
            version,
            methods,
        })
    }

    fn method(&self, types: &[TypeDef], text: &'a str) -> Result<Method, SectionFault> {
        const EXPECTED: &str = "a method like `name{param:type}=type?type`";
        let mut cursor = text;
        let name = ident(&mut cursor, '{', EXPECTED)?;
        let count = &self.counts.methods;
        count.set(count.get() + 1);
        if count.get() > MAX_METHODS {
            return Err(too_many("methods", MAX_METHODS));
        }
        let title = self.member(name)?;
        cursor = cursor.get(1..).unwrap_or_default();
        let mut params = Vec::<Param>::new();
        let mut names = HashSet::new();
        while !cursor.starts_with('}') {
            if !params.is_empty() {
                let rest = cursor.strip_prefix(',');
                cursor = rest.ok_or_else(|| syntax("`,` or `}` after a parameter", cursor))?;
            }
            let param = ident(&mut cursor, ':', "a parameter like `name:type`")?;
            cursor = cursor.get(1..).unwrap_or_default();
            if !names.insert(param) {
                let what = format!("has two parameters `{param}`");
                return Err(invalid(self.line.path, name, what));
            }
            params.push(Param {
                name: self.member(param)?,
                pass: self.pass(types, name, &mut cursor)?,
            });
        }
        cursor = cursor.get(1..).unwrap_or_default();
        let mut result = |mark: char| {
            let Some(rest) = cursor.strip_prefix(mark) else {
                return Ok(None);
            };
            cursor = rest;
            let pass = self.pass(types, name, &mut cursor)?;
            match pass {
                Pass::View(_) | Pass::ViewMut(_) => {
                    let what = "gives back a view, which ends with the call";
                    Err(invalid(self.line.path, name, what))
                }
                pass => Ok(Some(pass)),
            }
        };
        let (ok, err) = (result('=')?, result('?')?);
        match cursor {
            "" => Ok(Method {
                name: title,
                params,
                ok,
                err,
            }),
            rest => Err(syntax("the end of the method", rest)),
        }
    }

    fn pass(
        &self,
        types: &[TypeDef],
        method: &str,
        cursor: &mut &'a str,
    ) -> Result<Pass, SectionFault> {
        let mut mode = Mode::Value;
        for (word, of) in [
            ("view+", Mode::View),
            ("viewmut+", Mode::ViewMut),
            ("shared+", Mode::Shared),
        ] {
            if let Some(rest) = cursor.strip_prefix(word) {
                (mode, *cursor) = (of, rest);
                break;
            }
        }
        let ty = self.ty(cursor, 0).map_err(|fault| match fault {
            Some(fault) => fault,
            None => SectionFault::Nesting {
                field: format!("{}.{method}", self.line.path),
            },
        })?;
        let data = match &ty {
            Type::Named(id) => Some(&types[id.0].data),
            _ => None,
        };
        match (mode, &ty, data) {
            (Mode::Value, Type::Scalar(_), _) | (Mode::Value, _, Some(Data::Enum(_))) => {
                Ok(Pass::Scalar(ty))
            }
            (Mode::Value, _, Some(Data::Struct(_))) => Ok(Pass::Message(ty)),
            (Mode::View, _, Some(Data::Struct(_))) => Ok(Pass::View(ty)),
            (Mode::ViewMut, _, Some(Data::Struct(_))) => Ok(Pass::ViewMut(ty)),
            (Mode::Shared, _, Some(Data::Struct(_))) => Ok(Pass::Shared(ty)),
            (Mode::Value, ..) => {
                let what = "takes or gives what is neither a scalar, an enum nor a struct";
                Err(invalid(self.line.path, method, what))
            }
            _ => {
                let what = format!("takes or gives {} of what is no struct", mode.name());
                Err(invalid(self.line.path, method, what))
            }
        }
    }
}

fn invalid(interface: &str, method: &str, what: impl Into<String>) -> SectionFault {
    SectionFault::Invalid {
        at: format!("{interface}.{method}"),
        what: what.into(),
    }
}
