use karmem::Karmem;

// The names of a view, a builder and the table of a variant, taken by types of the user's own.

struct FooView<'m>(karmem::Inline<'m, Foo>);

#[derive(Karmem)]
struct Foo {
    x: u8,
}

struct ShapeBuilder<'w, S>(karmem::kind::UnionBuilder<'w, S, Shape>);

enum ShapeCircle {}

#[derive(Karmem)]
enum Shape {
    Nothing,
    Circle(f32),
}

fn main() {}
