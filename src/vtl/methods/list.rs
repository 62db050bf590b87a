//! Methods of lists and arrays.

use std::rc::Rc;

use crate::java::{Array, Cursor, List, ListClass, Printer, Value, json};

use super::super::run::Run;
use super::{Method, NULL, Thrown, collection, int, iterator};

/// The result of a method that may not exist: the outer `None` asks for what every object has.
pub(super) type Maybe = Result<Option<Option<Value>>, Thrown>;

fn out_of_range(index: i32, len: usize) -> Thrown {
    Thrown::Exception(format!("index {index} is out of range for {len} elements").into())
}

fn at(index: i32, len: usize) -> Result<usize, Thrown> {
    usize::try_from(index)
        .ok()
        .filter(|&at| at < len)
        .ok_or_else(|| out_of_range(index, len))
}

/// What a method gives that takes a collection and got something else.
pub(super) fn no_collection(value: &Value) -> Maybe {
    if value.is_null() {
        Err(NULL)
    } else {
        Ok(Some(None))
    }
}

fn unsupported() -> Thrown {
    Thrown::new("this collection can't be changed")
}

pub(super) fn index_of(items: &[Value], wanted: &Value) -> Value {
    position(items.iter().position(|item| item.equals(wanted)))
}

fn position(found: Option<usize>) -> Value {
    found.map_or(Value::Int(-1), Value::int)
}

/// The range of a `subList`; `None` when the arguments don't fit the method.
fn sub_range(
    len: usize,
    from: &Value,
    to: &Value,
) -> Result<Option<std::ops::Range<usize>>, Thrown> {
    let (Some(from), Some(to)) = (int(from), int(to)) else {
        return Ok(None);
    };
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    match range.filter(|&(from, to)| from <= to && to <= len) {
        Some((from, to)) => Ok(Some(from..to)),
        None => Err(Thrown::Exception(
            format!("{from} to {to} is out of range for {len} elements").into(),
        )),
    }
}

impl Run<'_> {
    pub(super) fn list_method(
        &mut self,
        list: &Rc<List>,
        value: &Value,
        method: Method,
        arguments: &[Value],
    ) -> Maybe {
        let growable = matches!(list.class, ListClass::Array | ListClass::Json);
        let changes = matches!(
            method,
            Method::Add
                | Method::AddAll
                | Method::Remove
                | Method::RemoveAll
                | Method::RetainAll
                | Method::Clear
        );
        if changes && !growable && list.class != ListClass::Sub {
            return Err(unsupported());
        }
        if list.is_stale() {
            return Err(Thrown::new(
                "the list that this is a part of has changed since",
            ));
        }
        if changes {
            self.work(list.depth().into())?;
        }
        let result = match (method, arguments) {
            (Method::Size, []) => Value::int(list.len()),
            (Method::IsEmpty, []) => Value::Bool(list.is_empty()),
            (Method::Get, [index]) => {
                let Some(index) = int(index) else {
                    return Ok(Some(None));
                };
                let items = list.items();
                items[at(index, items.len())?].clone()
            }
            (Method::Set, [index, new]) => {
                let Some(index) = int(index) else {
                    return Ok(Some(None));
                };
                if list.class == ListClass::Immutable {
                    return Err(unsupported());
                }
                let index = at(index, list.len())?;
                std::mem::replace(&mut list.elements_mut()[index], new.clone())
            }
            (Method::Add, [new]) => {
                self.allot(24)?;
                list.push(new.clone());
                Value::Bool(true)
            }
            (Method::Add, [index, new]) => {
                let Some(index) = int(index) else {
                    return Ok(Some(None));
                };
                let len = list.len();
                let index = at(index, len + 1).map_err(|_| out_of_range(index, len))?;
                self.allot(24)?;
                self.work(len as u64 / 8)?;
                list.splice(index..index, vec![new.clone()]);
                Value::text("")
            }
            (Method::AddAll, [Value::Null]) => return Err(NULL),
            (Method::AddAll, [more]) => {
                let Some(more) = collection(more) else {
                    return Ok(Some(None));
                };
                self.allot(more.len() * 24)?;
                let changed = !more.is_empty();
                list.splice(list.len()..list.len(), more);
                Value::Bool(changed)
            }
            (Method::AddAll, [index, more]) => {
                let (Some(index), Some(more)) = (int(index), collection(more)) else {
                    return Ok(Some(None));
                };
                let len = list.len();
                let index = at(index, len + 1).map_err(|_| out_of_range(index, len))?;
                self.allot((more.len() + len / 8) * 24)?;
                let changed = !more.is_empty();
                list.splice(index..index, more);
                Value::Bool(changed)
            }
            (Method::Remove, [which]) => {
                self.work(list.len() as u64)?;
                if let Some(index) = int(which) {
                    let index = at(index, list.len())?;
                    list.splice(index..index + 1, Vec::new())
                        .pop()
                        .unwrap_or_default()
                } else {
                    let found = list.items().iter().position(|item| item.equals(which));
                    if let Some(index) = found {
                        list.splice(index..index + 1, Vec::new());
                    }
                    Value::Bool(found.is_some())
                }
            }
            (Method::RemoveAll | Method::RetainAll, [other]) => {
                let Some(other) = collection(other) else {
                    return no_collection(other);
                };
                self.work((list.len() * other.len()) as u64)?;
                let keep = method == Method::RetainAll;
                let before = list.len();
                let kept: Vec<Value> = list
                    .items()
                    .iter()
                    .filter(|item| other.iter().any(|o| o.equals(item)) == keep)
                    .cloned()
                    .collect();
                let changed = kept.len() != before;
                if changed {
                    list.splice(0..before, kept);
                }
                Value::Bool(changed)
            }
            (Method::Clear, []) => {
                list.splice(0..list.len(), Vec::new());
                Value::text("")
            }
            (Method::Contains, [wanted]) => {
                self.work(list.len() as u64)?;
                Value::Bool(list.items().iter().any(|item| item.equals(wanted)))
            }
            (Method::ContainsAll, [other]) => return self.contains_all(&list.items(), other),
            (Method::IndexOf, [wanted]) => {
                self.work(list.len() as u64)?;
                index_of(&list.items(), wanted)
            }
            (Method::LastIndexOf, [wanted]) => {
                self.work(list.len() as u64)?;
                position(list.items().iter().rposition(|item| item.equals(wanted)))
            }
            (Method::SubList, [from, to]) => {
                let Some(range) = sub_range(list.len(), from, to)? else {
                    return Ok(Some(None));
                };
                self.allot(96)?;
                Value::List(Rc::new(List::part(list, range.start, range.end)))
            }
            (Method::ToArray, into) => {
                self.allot(list.len() * 24)?;
                to_array(list.items().to_vec(), into)
            }
            (Method::Iterator | Method::ListIterator, []) => iterator(Cursor::list(list)),
            (Method::Clone, []) if growable => {
                self.allot(list.len() * 24)?;
                Value::list(list.class, list.items().to_vec())
            }
            // Without an order to sort by: null, a bare word.
            (Method::Sort, [Value::Null]) => {
                self.sort(list)?;
                Value::text("")
            }
            (Method::ToJsonString, []) if list.class == ListClass::Json => {
                let mut out = String::new();
                let limit = self.limits.output_bytes;
                if Printer::new(&mut out, limit)
                    .json(value, json::Style::Web)
                    .is_err()
                {
                    return Err(Thrown::new("the list is too long or too deep to print"));
                }
                self.allot(out.len())?;
                Value::from(out)
            }
            _ => return Ok(None),
        };
        Ok(Some(Some(result)))
    }

    /// `containsAll`, of any collection.
    pub(super) fn contains_all(&mut self, items: &[Value], other: &Value) -> Maybe {
        let Some(other) = collection(other) else {
            return no_collection(other);
        };
        self.work((items.len() * other.len()) as u64)?;
        let contained = |wanted: &Value| items.iter().any(|item| item.equals(wanted));
        Ok(Some(Some(Value::Bool(other.iter().all(contained)))))
    }

    /// `subList` of an array: a copy.
    fn sub_list(&mut self, items: &[Value], from: &Value, to: &Value) -> Maybe {
        let Some(range) = sub_range(items.len(), from, to)? else {
            return Ok(Some(None));
        };
        let part = &items[range];
        self.allot(part.len() * 24)?;
        Ok(Some(Some(Value::list(ListClass::Sub, part.to_vec()))))
    }

    /// The natural order: all strings or all numbers of one class.
    fn sort(&mut self, list: &List) -> Result<(), Thrown> {
        self.work(list.len() as u64 * 16)?;
        let mut items = list.items().to_vec();
        let mut mixed = false;
        items.sort_by(|a, b| match (a, b) {
            (Value::Str(a), Value::Str(b)) => {
                crate::java::text::units(a).cmp(crate::java::text::units(b))
            }
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Long(a), Value::Long(b)) => a.cmp(b),
            (Value::Double(a), Value::Double(b)) => a.total_cmp(b),
            _ => {
                mixed = true;
                std::cmp::Ordering::Equal
            }
        });
        if mixed {
            return Err(Thrown::new(
                "the elements can't be compared with each other",
            ));
        }
        list.splice(0..items.len(), items);
        Ok(())
    }

    /// Velocity lends arrays the methods of a list that can't grow.
    pub(super) fn array_method(
        &mut self,
        array: &Array,
        method: Method,
        arguments: &[Value],
    ) -> Maybe {
        let items = &array.items;
        let result = match (method, arguments) {
            (Method::Size, []) => Value::int(items.borrow().len()),
            (Method::IsEmpty, []) => Value::Bool(items.borrow().is_empty()),
            (Method::Get, [index]) => {
                let Some(index) = int(index) else {
                    return Ok(Some(None));
                };
                let items = items.borrow();
                items[at(index, items.len())?].clone()
            }
            (Method::Set, [index, new]) => {
                let Some(index) = int(index) else {
                    return Ok(Some(None));
                };
                let mut items = items.borrow_mut();
                let index = at(index, items.len())?;
                let fits = array.class == "[Ljava.lang.Object;" || new.as_str().is_some();
                if !fits {
                    return Err(Thrown::new("the array holds another class of elements"));
                }
                std::mem::replace(&mut items[index], new.clone())
            }
            (Method::Contains, [wanted]) => {
                Value::Bool(items.borrow().iter().any(|item| item.equals(wanted)))
            }
            (Method::ContainsAll, [other]) => return self.contains_all(&items.borrow(), other),
            (Method::IndexOf, [wanted]) => index_of(&items.borrow(), wanted),
            (Method::LastIndexOf, [wanted]) => {
                position(items.borrow().iter().rposition(|item| item.equals(wanted)))
            }
            (Method::SubList, [from, to]) => return self.sub_list(&items.borrow(), from, to),
            (Method::ToArray, into) => {
                self.allot(items.borrow().len() * 24)?;
                to_array(items.borrow().clone(), into)
            }
            (Method::Iterator | Method::ListIterator, []) => {
                self.allot(items.borrow().len() * 24)?;
                iterator(Cursor::fixed(items.borrow().clone()))
            }
            // An AbstractList that can't grow or shrink complains only when it would have to.
            (Method::Clear, []) if items.borrow().is_empty() => Value::text(""),
            (Method::Add, [_]) | (Method::Clear, []) => return Err(unsupported()),
            (Method::Add, [index, _]) if int(index).is_some() => return Err(unsupported()),
            (Method::Remove, [which]) => {
                let found = items.borrow().iter().any(|item| item.equals(which));
                if int(which).is_some() || found {
                    return Err(unsupported());
                }
                Value::Bool(false)
            }
            (Method::AddAll | Method::RemoveAll | Method::RetainAll, [Value::Null]) => {
                return Err(NULL);
            }
            (Method::AddAll | Method::RemoveAll | Method::RetainAll, [other]) => {
                let Some(other) = collection(other) else {
                    return Ok(Some(None));
                };
                self.work((items.borrow().len() * other.len()) as u64)?;
                let contained = |item: &Value| other.iter().any(|o| o.equals(item));
                let changes = match method {
                    Method::AddAll => !other.is_empty(),
                    Method::RemoveAll => items.borrow().iter().any(contained),
                    _ => !items.borrow().iter().all(contained),
                };
                if changes {
                    return Err(unsupported());
                }
                Value::Bool(false)
            }
            _ => return Ok(None),
        };
        Ok(Some(Some(result)))
    }
}

/// `toArray`, and `toArray(T[])` with what Velocity packs into an array: it is used when it is long enough.
pub(super) fn to_array(mut items: Vec<Value>, into: &[Value]) -> Value {
    if into.len() > items.len() {
        let rest = items.len() + 1;
        items.push(Value::Null);
        items.extend(into.iter().skip(rest).cloned());
    }
    array("[Ljava.lang.Object;", items)
}

pub(super) fn array(class: &'static str, items: Vec<Value>) -> Value {
    Value::other(crate::java::Other::Array(Array {
        class,
        items: std::cell::RefCell::new(items),
    }))
}
