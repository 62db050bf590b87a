//! Methods of maps and of what looks into them.

use std::rc::Rc;

use crate::java::{Cursor, Map, Other, Value, View, ViewClass};

use super::super::run::Run;
use super::list::{Maybe, no_collection, to_array};
use super::{Method, NULL, Thrown, collection, iterator};

fn view(class: ViewClass, map: &Rc<Map>) -> Value {
    Value::other(Other::View(View {
        class,
        map: Rc::clone(map),
    }))
}

impl Run<'_> {
    pub(super) fn map_method(
        &mut self,
        map: &Rc<Map>,
        method: Method,
        arguments: &[Value],
    ) -> Maybe {
        let some = |value: Value| Ok(Some(Some(value)));
        match (method, arguments) {
            (Method::Get, [key]) => Ok(Some(map.get(key))),
            (Method::Size, []) => some(Value::int(map.len())),
            (Method::IsEmpty, []) => some(Value::Bool(map.is_empty())),
            (Method::Put, [key, value]) => {
                self.allot(48)?;
                Ok(Some(map.put(key.clone(), value.clone())))
            }
            (Method::ContainsKey, [key]) => some(Value::Bool(map.contains(key))),
            (Method::ContainsValue, [wanted]) => {
                self.work(map.len() as u64)?;
                some(Value::Bool(
                    map.pairs().iter().any(|(_, value)| value.equals(wanted)),
                ))
            }
            (Method::KeySet, []) => some(view(ViewClass::Keys, map)),
            (Method::Values, []) => some(view(ViewClass::Values, map)),
            (Method::EntrySet, []) => some(view(ViewClass::Entries, map)),
            (Method::Remove, [key]) => {
                self.work(map.len() as u64)?;
                Ok(Some(map.remove(key)))
            }
            (Method::Remove, [key, value]) => {
                self.work(map.len() as u64)?;
                let same = map.get(key).is_some_and(|old| old.equals(value));
                if same {
                    map.remove(key);
                }
                some(Value::Bool(same))
            }
            (Method::PutAll, [Value::Null]) => Err(NULL),
            (Method::PutAll, [Value::Map(other)]) => {
                let entries = other.pairs().clone();
                self.allot(entries.len() * 48)?;
                for (key, value) in entries {
                    self.comparing(&key, map.len())?;
                    map.put(key, value);
                }
                some(Value::text(""))
            }
            (Method::Clear, []) => {
                map.clear();
                some(Value::text(""))
            }
            (Method::GetOrDefault, [key, default]) => {
                Ok(Some(Some(map.get(key).unwrap_or_else(|| default.clone()))))
            }
            (Method::PutIfAbsent, [key, value]) => {
                self.allot(48)?;
                let old = map.get(key).filter(|old| !old.is_null());
                if old.is_none() {
                    map.put(key.clone(), value.clone());
                }
                Ok(Some(old))
            }
            (Method::Replace, [key, value]) => Ok(Some(
                map.contains(key)
                    .then(|| map.put(key.clone(), value.clone()))
                    .flatten(),
            )),
            (Method::Replace, [key, old, value]) => {
                let same = map.get(key).is_some_and(|found| found.equals(old));
                if same {
                    map.put(key.clone(), value.clone());
                }
                some(Value::Bool(same))
            }
            (Method::Clone, []) => {
                self.allot(map.len() * 48)?;
                let copy = Value::map(map.class, map.pairs().iter().cloned());
                some(copy)
            }
            _ => Ok(None),
        }
    }

    pub(super) fn view_method(
        &mut self,
        view: &View,
        method: Method,
        arguments: &[Value],
    ) -> Maybe {
        let map = &view.map;
        self.work(map.len() as u64)?;
        let result = match (method, arguments) {
            (Method::Size, []) => Value::int(map.len()),
            (Method::IsEmpty, []) => Value::Bool(map.is_empty()),
            (Method::Contains, [wanted]) => Value::Bool(match view.class {
                ViewClass::Keys => map.contains(wanted),
                _ => view.items().iter().any(|item| item.equals(wanted)),
            }),
            (Method::ContainsAll, [other]) => return self.contains_all(&view.items(), other),
            (Method::ToArray, into) => {
                self.allot(map.len() * 24)?;
                to_array(view.items(), into)
            }
            (Method::Iterator, []) => iterator(Cursor::view(view.class, map)),
            (Method::Remove, [wanted]) => {
                let found = view.items().iter().position(|item| item.equals(wanted));
                let key = found.and_then(|at| map.pairs().get(at).map(|(key, _)| key.clone()));
                if let Some(key) = &key {
                    map.remove(key);
                }
                Value::Bool(key.is_some())
            }
            (Method::RemoveAll | Method::RetainAll, [other]) => {
                let Some(other) = collection(other) else {
                    return no_collection(other);
                };
                self.work((map.len() * (other.len() + map.len())) as u64)?;
                let keep = method == Method::RetainAll;
                let gone: Vec<Value> = view
                    .items()
                    .iter()
                    .zip(map.pairs().iter())
                    .filter(|(item, _)| other.iter().any(|o| o.equals(item)) != keep)
                    .map(|(_, (key, _))| key.clone())
                    .collect();
                for key in &gone {
                    map.remove(key);
                }
                Value::Bool(!gone.is_empty())
            }
            (Method::Clear, []) => {
                map.clear();
                Value::text("")
            }
            (Method::Add | Method::AddAll, [_]) => {
                return Err(Thrown::new("a view of a map can't be added to"));
            }
            _ => return Ok(None),
        };
        Ok(Some(Some(result)))
    }
}
