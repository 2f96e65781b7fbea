//! Two modules with random sections, linked and exchanged.
//!
//! The types are made plausible, then changed a little, so that all depends on how sections are compared;
//! now and then a byte is changed too.

use std::cell::RefCell;
use std::fmt::Write;

use arbitrary::{Result, Unstructured};
use karmem::host::wasmtime::{Config, OptLevel};
use karmem::host::{Client, Engine, Error, Limits, Link, Method, Module, System};
use karmem::idl::Schema;
use karmem::layout::{At, Class, Layout, Part, Rule, place_into};
use karmem::schema::{self, Number, Scalar};
use karmem::{Interface, section};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction as I, MemorySection,
    MemoryType, TypeSection, ValType,
};

const SCALARS: [Scalar; 12] = [
    Scalar::Bool,
    Scalar::U8,
    Scalar::I8,
    Scalar::U16,
    Scalar::I16,
    Scalar::U32,
    Scalar::I32,
    Scalar::U64,
    Scalar::I64,
    Scalar::F32,
    Scalar::F64,
    Scalar::Char,
];
const RULES: [Rule; 4] = [Rule::Padded, Rule::C, Rule::Packed, Rule::Legacy];

#[derive(Clone, Debug)]
enum Type {
    Scalar(Scalar),
    Text,
    Named(usize),
    Array(Box<Type>, u32),
    Slice(Box<Type>),
    Option(Box<Type>),
    Map(Box<Type>, Box<Type>),
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    ty: Type,
    max: Option<u32>,
}

#[derive(Clone, Debug)]
enum Data {
    Struct {
        rule: Rule,
        table: bool,
        fields: Vec<Field>,
    },
    Enum {
        repr: Scalar,
        values: Vec<String>,
    },
    /// The variants with the tables that they carry.
    Union {
        spread: Option<Rule>,
        variants: Vec<Option<usize>>,
    },
}

#[derive(Clone, Debug)]
struct Def {
    name: String,
    data: Data,
}

#[derive(Clone, Debug)]
struct Pass {
    mode: &'static str,
    ty: Type,
}

#[derive(Clone, Debug)]
struct Routine {
    name: String,
    params: Vec<Pass>,
    ok: Option<Pass>,
    err: Option<Pass>,
}

#[derive(Clone, Debug)]
struct Face {
    name: String,
    version: u32,
    methods: Vec<Routine>,
}

/// What a module says of itself.
#[derive(Clone, Debug, Default)]
struct World {
    types: Vec<Def>,
    faces: Vec<Face>,
}

// What follows are the sizes of the wire format (`docs/wire-format.md`), as a generator needs them.
impl World {
    fn is_table(&self, ty: &Type) -> bool {
        match ty {
            Type::Named(id) => matches!(self.types[*id].data, Data::Struct { table: true, .. }),
            _ => false,
        }
    }

    fn reference(rule: Rule) -> Layout {
        match rule {
            Rule::Padded | Rule::C => Layout { size: 8, align: 8 },
            Rule::Packed | Rule::Legacy => Layout { size: 4, align: 1 },
        }
    }

    fn layout(&self, ty: &Type, rule: Rule) -> Option<Layout> {
        let number = |scalar: &Scalar| Layout {
            size: scalar.size(),
            align: scalar.size(),
        };
        Some(match ty {
            Type::Scalar(scalar) => number(scalar),
            Type::Text | Type::Slice(_) | Type::Map(..) => match rule {
                Rule::Legacy => Layout { size: 12, align: 1 },
                _ => Layout { size: 8, align: 8 },
            },
            Type::Option(inner) => self.layout(inner, rule)?,
            Type::Array(inner, count) => {
                let item = self.layout(inner, rule)?;
                Layout {
                    size: item.size.checked_mul(*count)?,
                    align: item.align,
                }
            }
            Type::Named(id) => match &self.types[*id].data {
                Data::Enum { repr, .. } => number(repr),
                Data::Struct { table: true, .. } => World::reference(rule),
                Data::Struct { .. } => self.place(*id)?.1,
                Data::Union { spread: None, .. } => Layout { size: 8, align: 8 },
                Data::Union { .. } => self.place(*id)?.1,
            },
        })
    }

    fn part(&self, ty: &Type, rule: Rule) -> Option<Part> {
        let flag = matches!(ty, Type::Option(inner) if !self.is_table(inner));
        Some(Part {
            layout: self.layout(ty, rule)?,
            flag,
        })
    }

    /// Where the fields or references of a type lie, and how large it is.
    fn place(&self, id: usize) -> Option<(Vec<At>, Layout)> {
        let (rule, class, parts) = match &self.types[id].data {
            Data::Struct {
                rule,
                table,
                fields,
            } => {
                let class = if *table { Class::Table } else { Class::Inline };
                let parts: Option<Vec<_>> = fields
                    .iter()
                    .map(|field| self.part(&field.ty, *rule))
                    .collect();
                (*rule, class, parts?)
            }
            Data::Union {
                spread: Some(rule),
                variants,
            } => {
                let flat = |layout| Part {
                    layout,
                    flag: false,
                };
                let mut parts = vec![flat(Layout { size: 1, align: 1 })];
                let tables = variants.iter().flatten().count();
                parts.resize(1 + tables, flat(World::reference(*rule)));
                (*rule, Class::Inline, parts)
            }
            _ => return None,
        };
        let mut places = vec![At { flag: 0, at: 0 }; parts.len()];
        let layout = place_into(rule, class, &parts, &mut places)?;
        Some((places, layout))
    }

    fn path(&self, id: usize) -> String {
        format!("a::{}", self.types[id].name)
    }

    fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Scalar(scalar) => scalar.name().into(),
            Type::Text => "text".into(),
            Type::Named(id) => self.path(*id),
            Type::Array(inner, count) => format!("[{count}]{}", self.ty(inner)),
            Type::Slice(inner) => format!("[]{}", self.ty(inner)),
            Type::Option(inner) => format!("?{}", self.ty(inner)),
            Type::Map(key, value) => format!("{{{},{}}}", self.ty(key), self.ty(value)),
        }
    }

    /// The line of a type; `None` for one that is too large.
    fn line(&self, id: usize) -> Option<String> {
        let (def, path) = (&self.types[id], self.path(id));
        let name = &def.name;
        let mut line = String::new();
        match &def.data {
            Data::Struct {
                rule,
                table,
                fields,
            } => {
                let (places, Layout { size, align }) = self.place(id)?;
                let class = if *table { "table" } else { "inline" };
                let rule_name = rule.name();
                line = format!("struct {path} {name} {class} {rule_name} {size} {align} -");
                for (field, at) in fields.iter().zip(&places) {
                    let part = self.part(&field.ty, *rule)?;
                    let ty = self.ty(&field.ty);
                    let _ = write!(line, " {}:{ty}@{}+{}", field.name, at.at, part.layout.size);
                    if part.flag {
                        let _ = write!(line, "?{}", at.flag);
                    }
                    if let Some(max) = field.max {
                        let _ = write!(line, "<{max}");
                    }
                }
            }
            Data::Enum { repr, values } => {
                let _ = write!(line, "enum {path} {name} {}", repr.name());
                for (value, name) in values.iter().enumerate() {
                    let _ = write!(line, " {name}={value}");
                }
            }
            Data::Union { spread, variants } => {
                let _ = write!(line, "union {path} {name} u8");
                let mut places = Vec::new();
                if let Some(rule) = spread {
                    let (at, Layout { size, align }) = self.place(id)?;
                    places = at;
                    let _ = write!(line, " spread {} {size} {align}", rule.name());
                } else {
                    line.push_str(" slot");
                }
                let mut tables = places.iter().skip(1);
                for (value, table) in variants.iter().enumerate() {
                    let _ = write!(line, " V{value}={value}");
                    if let Some(table) = table {
                        let _ = write!(line, ":{}", self.path(*table));
                        if let Some(at) = tables.next() {
                            let _ = write!(line, "@{}", at.at);
                        }
                    }
                }
            }
        }
        Some(line)
    }

    fn pass(&self, pass: &Pass) -> String {
        format!("{}{}", pass.mode, self.ty(&pass.ty))
    }

    fn number(&self, pass: &Pass) -> ValType {
        let number = match &pass.ty {
            _ if !pass.mode.is_empty() => Number::I64,
            Type::Scalar(scalar) => scalar.number(),
            Type::Named(id) => match &self.types[*id].data {
                Data::Enum { repr, .. } => repr.number(),
                _ => Number::I64,
            },
            _ => Number::I64,
        };
        match number {
            Number::I32 => ValType::I32,
            Number::I64 => ValType::I64,
            Number::F32 => ValType::F32,
            Number::F64 => ValType::F64,
        }
    }

    fn signature(&self, routine: &Routine) -> (Vec<ValType>, Vec<ValType>) {
        let params = routine
            .params
            .iter()
            .map(|pass| self.number(pass))
            .collect();
        let result = match (&routine.ok, &routine.err) {
            (_, Some(_)) => Some(ValType::I64),
            (ok, None) => ok.as_ref().map(|pass| self.number(pass)),
        };
        (params, result.into_iter().collect())
    }

    /// The lines of the section.
    fn section(&self) -> Vec<String> {
        let mut lines: Vec<_> = (0..self.types.len())
            .filter_map(|id| self.line(id))
            .collect();
        for face in &self.faces {
            let mut line = format!("interface t/{}@{}", face.name, face.version);
            for method in &face.methods {
                let params = method.params.iter().enumerate();
                let params: Vec<_> = params
                    .map(|(i, pass)| format!("p{i}:{}", self.pass(pass)))
                    .collect();
                let _ = write!(line, " {}{{{}}}", method.name, params.join(","));
                for (mark, pass) in [('=', &method.ok), ('?', &method.err)] {
                    if let Some(pass) = pass {
                        let _ = write!(line, "{mark}{}", self.pass(pass));
                    }
                }
            }
            lines.push(line);
        }
        lines
    }

    /// A module that imports and exports these interfaces, and has a method of its own.
    fn module(&self, imports: &[usize], exports: &[usize], text: &str) -> Vec<u8> {
        let (mut types, mut imported) = (TypeSection::new(), ImportSection::new());
        let (mut functions, mut exported) = (FunctionSection::new(), ExportSection::new());
        let mut code = CodeSection::new();
        let mut number = 0;
        let mut seen = std::collections::HashSet::new();
        for (face, method) in imports.iter().flat_map(|i| {
            let face = &self.faces[*i];
            face.methods.iter().map(move |method| (face, method))
        }) {
            let (params, results) = self.signature(method);
            types.ty().function(params, results);
            let module = format!("karmem:t/{}@{}", face.name, face.version);
            let name = format!("t_{}__{}", face.name, method.name);
            imported.import(&module, &name, EntityType::Function(number));
            number += 1;
        }
        let mut traps = std::collections::HashMap::new();
        let mut add = |name: &str, params: &[ValType], results: &[ValType], body: &[I<'_>]| {
            if !seen.insert(name.to_owned()) {
                return;
            }
            // Methods that only trap are one function for each signature: compiling is what takes time.
            let shared = matches!(body, [I::Unreachable]);
            let signature = (params.to_vec(), results.to_vec());
            if shared && let Some(known) = traps.get(&signature) {
                exported.export(name, ExportKind::Func, *known);
                return;
            }
            if shared {
                traps.insert(signature, number);
            }
            types
                .ty()
                .function(params.iter().copied(), results.iter().copied());
            functions.function(number);
            exported.export(name, ExportKind::Func, number);
            number += 1;
            let mut function = Function::new([]);
            for instruction in body {
                function.instruction(instruction);
            }
            function.instruction(&I::End);
            code.function(&function);
        };
        use ValType::I32;
        // Goes up only: the requests are for whole pages.
        let [top, up] = [I::GlobalGet(0), I::GlobalSet(0)];
        let bump = [top.clone(), top, I::LocalGet(0), I::I32Add, up];
        add("karmem_alloc", &[I32; 2], &[I32], &bump);
        add("karmem_free", &[I32; 3], &[], &[]);
        add("karmem_attach", &[I32; 4], &[], &[]);
        add("karmem_detach", &[I32], &[], &[]);
        let twice = [I::LocalGet(0), I::LocalGet(0), I::I32Add];
        add("t_ping__twice", &[I32], &[I32], &twice);
        for face in exports {
            let face = &self.faces[*face];
            for method in &face.methods {
                let (params, results) = self.signature(method);
                let name = format!("t_{}__{}", face.name, method.name);
                add(&name, &params, &results, &[I::Unreachable]);
            }
        }
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 64,
            maximum: Some(64),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        exported.export("memory", ExportKind::Memory, 0);
        let mut globals = GlobalSection::new();
        let top = GlobalType {
            val_type: I32,
            mutable: true,
            shared: false,
        };
        globals.global(top, &ConstExpr::i32_const(65536));
        let mut module = wasm_encoder::Module::new();
        module
            .section(&types)
            .section(&imported)
            .section(&functions);
        module
            .section(&memories)
            .section(&globals)
            .section(&exported)
            .section(&code);
        module.section(&CustomSection {
            name: section::NAME.into(),
            data: text.as_bytes().into(),
        });
        module.finish()
    }
}

/// The section of these lines.
fn text_of(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let line = format!("{} {line}", section::VERSION);
        let _ = writeln!(text, "{line} #{:016x}", section::fnv1a(line.as_bytes()));
    }
    text
}

/// Makes types, and changes them.
struct Maker<'a, 'b> {
    u: &'a mut Unstructured<'b>,
}

impl Maker<'_, '_> {
    fn below(&mut self, end: usize) -> Result<usize> {
        self.u.int_in_range(0..=end.max(1) - 1)
    }

    fn one_in(&mut self, n: usize) -> Result<bool> {
        Ok(self.below(n)? == n - 1)
    }

    fn scalar(&mut self) -> Result<Type> {
        Ok(Type::Scalar(*self.u.choose(&SCALARS)?))
    }

    /// A type for a field of the type `of`; what lies in place is one that came before.
    fn ty(&mut self, world: &World, of: usize, all: usize, depth: usize) -> Result<Type> {
        Ok(match self.below(if depth > 3 { 4 } else { 12 })? {
            0 | 1 => self.scalar()?,
            2 => Type::Text,
            3 if of > 0 => Type::Named(self.below(of)?),
            4 | 5 => {
                // A slice or an option of a table may lead to any of them, the type itself too.
                let id = self.below(all)?;
                let known = world.types.get(id).map(|def| &def.data);
                match known {
                    Some(Data::Struct { table: true, .. }) => {
                        Type::Option(Box::new(Type::Named(id)))
                    }
                    _ => Type::Slice(Box::new(self.ty(world, of, all, depth + 1)?)),
                }
            }
            6 => Type::Slice(Box::new(self.ty(world, of, all, depth + 1)?)),
            7 => match self.ty(world, of, all, depth + 1)? {
                Type::Option(inner) => Type::Option(inner),
                ty => Type::Option(Box::new(ty)),
            },
            8 => Type::Array(Box::new(self.scalar()?), self.below(5)? as u32),
            9 => {
                let key = match self.below(10)? {
                    9 => Type::Text,
                    i => Type::Scalar(SCALARS[i]),
                };
                let value = self.ty(world, of, all, depth + 1)?;
                Type::Map(Box::new(key), Box::new(value))
            }
            _ => self.scalar()?,
        })
    }

    fn field(&mut self, world: &World, of: usize, all: usize, name: usize) -> Result<Field> {
        let ty = self.ty(world, of, all, 0)?;
        let can = matches!(ty, Type::Text | Type::Slice(_) | Type::Map(..));
        let max = if can && self.one_in(4)? {
            Some(self.below(100)? as u32)
        } else {
            None
        };
        Ok(Field {
            name: format!("F{name}"),
            ty,
            max,
        })
    }

    fn def(&mut self, world: &World, all: usize) -> Result<Def> {
        let id = world.types.len();
        let name = format!("T{id}");
        let tables: Vec<usize> = (0..id)
            .filter(|id| world.is_table(&Type::Named(*id)))
            .collect();
        let data = match self.below(10)? {
            0 => Data::Enum {
                repr: [Scalar::U8, Scalar::I32, Scalar::U64][self.below(3)?],
                values: (0..1 + self.below(4)?).map(|i| format!("E{i}")).collect(),
            },
            1 if !tables.is_empty() => {
                let spread = if self.u.arbitrary()? {
                    Some(*self.u.choose(&RULES)?)
                } else {
                    None
                };
                let mut variants = vec![None];
                for _ in 0..self.below(4)? {
                    let table = tables[self.below(tables.len())?];
                    variants.push(self.u.arbitrary::<bool>()?.then_some(table));
                }
                Data::Union { spread, variants }
            }
            kind => {
                let table = kind < 7;
                let rule = if self.one_in(4)? {
                    *self.u.choose(&RULES)?
                } else {
                    Rule::Padded
                };
                let mut fields = Vec::new();
                for i in 0..1 + self.below(5)? {
                    fields.push(self.field(world, id, all.min(id + 1), i)?);
                }
                Data::Struct {
                    rule,
                    table,
                    fields,
                }
            }
        };
        Ok(Def { name, data })
    }

    fn pass(&mut self, world: &World, result: bool) -> Result<Pass> {
        let structs: Vec<usize> = (0..world.types.len())
            .filter(|id| matches!(world.types[*id].data, Data::Struct { .. }))
            .collect();
        let modes: &[&str] = if result {
            &["", "shared+"]
        } else {
            &["", "view+", "viewmut+", "shared+"]
        };
        if structs.is_empty() || self.one_in(3)? {
            return Ok(Pass {
                mode: "",
                ty: self.scalar()?,
            });
        }
        let mode = *self.u.choose(modes)?;
        let id = structs[self.below(structs.len())?];
        Ok(Pass {
            mode,
            ty: Type::Named(id),
        })
    }

    fn routine(&mut self, world: &World, number: usize) -> Result<Routine> {
        let mut params = Vec::new();
        for _ in 0..self.below(4)? {
            params.push(self.pass(world, false)?);
        }
        let ok = if self.u.arbitrary()? {
            Some(self.pass(world, true)?)
        } else {
            None
        };
        let err = if self.one_in(4)? {
            Some(self.pass(world, true)?)
        } else {
            None
        };
        Ok(Routine {
            name: format!("m{number}"),
            params,
            ok,
            err,
        })
    }

    fn world(&mut self) -> Result<World> {
        let mut world = World::default();
        let mut all = self.below(12)?;
        if self.one_in(40)? {
            all *= 40;
        }
        for _ in 0..all {
            let def = self.def(&world, all)?;
            world.types.push(def);
            let id = world.types.len() - 1;
            // Too large for 32 bits, or made of something that is.
            if !matches!(
                world.types[id].data,
                Data::Enum { .. } | Data::Union { spread: None, .. }
            ) && world
                .place(id)
                .is_none_or(|(_, layout)| layout.size > 1 << 20)
            {
                world.types.pop();
            }
        }
        for i in 0..1 + self.below(2)? {
            let mut methods = Vec::new();
            for i in 0..1 + self.below(4)? {
                methods.push(self.routine(&world, i)?);
            }
            world.faces.push(Face {
                name: format!("i{i}"),
                version: 1,
                methods,
            });
        }
        Ok(world)
    }

    /// Changes something: mostly what a new version may change.
    fn evolve(&mut self, world: &mut World) -> Result<()> {
        let of = world.types.len();
        if of > 0 && !self.one_in(4)? {
            let id = self.below(of)?;
            let known = world.clone();
            let extra = self.field(&known, id, id + 1, 90)?;
            let which = self.u.arbitrary::<u8>()?;
            match &mut world.types[id].data {
                Data::Struct { fields, rule, .. } => {
                    let at = usize::from(which >> 3) % fields.len();
                    match which % 8 {
                        0..3 => fields.push(extra),
                        3 => fields[at].ty = extra.ty,
                        4 => fields[at].name = "Renamed".into(),
                        5 => fields[at].max = None,
                        6 if fields.len() > 1 => drop(fields.pop()),
                        6 => fields[at].max = Some(7),
                        _ => *rule = RULES[usize::from(which >> 3) % 4],
                    }
                }
                Data::Enum { values, repr } => match which % 3 {
                    0 => values.push("More".into()),
                    1 => *repr = Scalar::U16,
                    _ => values[0] = "Other".into(),
                },
                Data::Union { spread, variants } => match which % 3 {
                    0 => variants.push(None),
                    1 => *spread = spread.is_none().then_some(Rule::Padded),
                    _ => drop(variants.pop().filter(|_| !variants.is_empty())),
                },
            }
            if let Data::Union { variants, .. } = &mut world.types[id].data
                && variants.is_empty()
            {
                variants.push(None);
            }
        } else {
            let face = self.below(world.faces.len())?;
            let known = world.clone();
            let more = self.routine(&known, 9)?;
            let face = &mut world.faces[face];
            match self.below(5)? {
                0 | 1 => face.methods.push(more),
                2 if face.methods.len() > 1 => drop(face.methods.pop()),
                3 => {
                    face.methods[0] = Routine {
                        name: "m0".into(),
                        ..more
                    }
                }
                _ => face.version += 1,
            }
        }
        // Interfaces name their methods once.
        for face in &mut world.faces {
            let mut names = std::collections::HashSet::new();
            face.methods
                .retain(|method| names.insert(method.name.clone()));
        }
        Ok(())
    }

    /// Changes a byte of a line, seldom.
    fn damage(&mut self, lines: &mut [String]) -> Result<()> {
        if lines.is_empty() || !self.one_in(12)? {
            return Ok(());
        }
        let line = self.below(lines.len())?;
        let mut chars: Vec<char> = lines[line].chars().collect();
        let at = self.below(chars.len())?;
        chars[at] = *self.u.choose(&[
            '0', '1', '9', ' ', ':', '@', '+', '?', '[', '{', '-', 'a', 'é', '\t',
        ])?;
        lines[line] = chars.into_iter().collect();
        Ok(())
    }
}

enum Ping {}

impl Interface for Ping {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "t",
        name: "ping",
        version: 1,
        methods: &[schema::Method {
            name: "twice",
            params: &[],
            ok: None,
            err: None,
        }],
    };
}

struct PingClient(Method<i32, i32>);

impl Client for PingClient {
    type Interface = Ping;

    fn bind(link: &mut Link<'_>) -> karmem::host::Result<Self> {
        Ok(PingClient(link.method("twice")?))
    }
}

impl PingClient {
    fn works(&self, system: &mut System, what: &str) {
        let four = system.invoke(&self.0, |_| Ok(2), |r, _| Ok(r));
        assert!(matches!(four, Ok(4)), "{what}: {four:?}");
    }
}

/// Runs with one engine: it keeps what it compiled between modules of other signatures.
const RUNS: u32 = 500;

thread_local! {
    static ENGINE: RefCell<(u32, Engine)> = RefCell::new((0, engine()));
}

fn engine() -> Engine {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::None);
    Engine::with_config(config).expect("the settings agree")
}

/// Links and swaps what the input describes.
pub fn run(input: &[u8]) {
    let engine = ENGINE.with_borrow_mut(|(runs, known)| {
        *runs += 1;
        if *runs > RUNS {
            (*runs, *known) = (0, engine());
        }
        known.clone()
    });
    // An input that ends early is none.
    let _ = try_run(&engine, &mut Unstructured::new(input));
}

fn text<T>(result: karmem::host::Result<T>) -> std::result::Result<T, String> {
    result.map_err(|e| e.to_string())
}

fn try_run(engine: &Engine, u: &mut Unstructured<'_>) -> Result<()> {
    let mut maker = Maker { u };
    let world = maker.world()?;
    let mut other = world.clone();
    for _ in 0..maker.below(3)? {
        maker.evolve(&mut other)?;
    }
    let mut third = other.clone();
    for _ in 0..maker.below(3)? {
        maker.evolve(&mut third)?;
    }
    let load = |maker: &mut Maker<'_, '_>, world: &World, consumer: bool| {
        let mut lines = world.section();
        maker.damage(&mut lines)?;
        let section = text_of(&lines);
        let first = Schema::from_section(section.as_bytes());
        let again = Schema::from_section(section.as_bytes());
        assert_eq!(first, again, "reading is not deterministic");
        if first.is_err() {
            return Ok(None);
        }
        let all: Vec<usize> = (0..world.faces.len()).collect();
        let (imports, exports) = match consumer {
            true => (&all[..], &[][..]),
            false => (&[][..], &all[..]),
        };
        let wasm = world.module(imports, exports, &section);
        let module = Module::from_bytes(engine, &wasm);
        Ok(Some(module.expect("only the section may be wrong")))
    };
    let consumer = load(&mut maker, &world, true)?;
    let same = load(&mut maker, &world, false)?;
    let provider = load(&mut maker, &other, false)?;
    let newer = load(&mut maker, &third, false)?;
    let newer_consumer = load(&mut maker, &third, true)?;
    let Some(consumer) = consumer else {
        return Ok(());
    };
    let exact = maker.u.arbitrary()?;
    let build = |provider: &Module| {
        let limits = Limits::default().memory(64 << 20);
        let mut builder = System::builder(engine)
            .limits(limits)
            .outbox(65536)
            .module("consumer", &consumer)
            .module("provider", provider);
        if exact {
            builder = builder.exact_types();
        }
        text(builder.build())
    };
    if let Some(same) = same {
        let built = build(&same);
        // A damaged line may still be one, of other types.
        if consumer.schema() == same.schema() {
            assert_eq!(built.as_ref().err(), None, "types do not fit themselves");
        }
    }
    let Some(provider) = provider else {
        return Ok(());
    };
    let built = build(&provider);
    let again = build(&provider);
    assert_eq!(
        built.as_ref().err(),
        again.as_ref().err(),
        "linking is not deterministic"
    );
    let (Ok(mut system), Ok(mut twin)) = (built, again) else {
        return Ok(());
    };
    let ping: PingClient = system.client("provider").expect("both export it");
    let consumer_ping: PingClient = system.client("consumer").expect("both export it");
    ping.works(&mut system, "before any swap");
    for (name, module) in [("provider", &provider), ("consumer", &consumer)] {
        let swapped = text(system.swap(name, module));
        assert_eq!(swapped.err(), None, "{name} is not compatible with itself");
        text(twin.swap(name, module)).expect("as the other system");
    }
    let news = [("provider", newer), ("consumer", newer_consumer)];
    for (name, module) in news
        .iter()
        .filter_map(|(name, module)| Some((name, module.as_ref()?)))
    {
        let before = system.describe();
        let first = system.swap(name, module);
        let refused = matches!(first, Err(Error::Swap { .. } | Error::Link { .. }));
        assert!(first.is_ok() || refused, "{first:?}");
        if refused {
            assert_eq!(
                system.describe(),
                before,
                "a swap that was refused changed something"
            );
        }
        let second = text(twin.swap(name, module));
        assert_eq!(
            text(first).err(),
            second.err(),
            "swapping is not deterministic"
        );
        ping.works(&mut system, "after a swap");
        consumer_ping.works(&mut system, "after a swap");
    }
    let said = system.describe();
    let _ = (said.to_string(), said.dot(), said.mermaid());
    Ok(())
}
