//! Names of methods and properties, looked up once when a template is parsed.

macro_rules! methods {
    ($($method:ident $name:literal)*) => {
        /// A method's name, looked up once when the template is parsed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::vtl) enum Method {
            $(#[doc = $name] $method,)*
            /// No value has a method of this name.
            Unknown,
        }

        impl Method {
            pub(in crate::vtl) fn named(name: &str) -> Self {
                match name {
                    $($name => Self::$method,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

methods! {
    Abs "abs" Add "add" AddAll "addAll" BitCount "bitCount" BitLength "bitLength" BooleanValue "booleanValue"
    Base64Decode "base64Decode" Base64Encode "base64Encode" ByteValue "byteValue" CharAt "charAt" CharValue "charValue" Clear "clear" Clone "clone" CodePointAt "codePointAt"
    CodePointBefore "codePointBefore" CodePointCount "codePointCount" Compare "compare" CompareTo "compareTo"
    CompareToIgnoreCase "compareToIgnoreCase" Concat "concat" Contains "contains" ContainsAll "containsAll"
    ContainsKey "containsKey" ContainsValue "containsValue" ContentEquals "contentEquals" CopyValueOf "copyValueOf"
    Divide "divide" DoubleValue "doubleValue" EndsWith "endsWith" EnsureCapacity "ensureCapacity" EntrySet "entrySet"
    Equals "equals" EqualsIgnoreCase "equalsIgnoreCase" EscapeJavaScript "escapeJavaScript" FloatValue "floatValue" Format "format" Formatted "formatted"
    Get "get" GetBody "getBody" GetBytes "getBytes" GetClass "getClass" GetCount "getCount" GetFirst "getFirst"
    GetHasNext "getHasNext" GetIndex "getIndex" GetKey "getKey" GetLast "getLast" GetName "getName"
    GetOrDefault "getOrDefault" GetParent "getParent" GetReplaced "getReplaced" GetTopmost "getTopmost"
    GetValue "getValue" HasNext "hasNext" HashCode "hashCode" HighestOneBit "highestOneBit" Indent "indent"
    IndexOf "indexOf" IntValue "intValue" Intern "intern" IsBlank "isBlank" IsDigit "isDigit" IsEmpty "isEmpty"
    IsFinite "isFinite" IsFirst "isFirst" IsInfinite "isInfinite" IsLast "isLast" IsLetter "isLetter"
    IsLetterOrDigit "isLetterOrDigit" IsLowerCase "isLowerCase" IsNaN "isNaN" IsUpperCase "isUpperCase"
    IsWhitespace "isWhitespace" Iterator "iterator" Join "join" Json "json" KeySet "keySet" LastIndexOf "lastIndexOf"
    Length "length" ListIterator "listIterator" LogicalAnd "logicalAnd" LogicalOr "logicalOr" LogicalXor "logicalXor"
    LongValue "longValue" LowestOneBit "lowestOneBit" Matches "matches" Max "max" Min "min" Mod "mod" Multiply "multiply"
    Negate "negate" Next "next" NumberOfLeadingZeros "numberOfLeadingZeros" NumberOfTrailingZeros "numberOfTrailingZeros"
    Params "params" ParseBoolean "parseBoolean" ParseDouble "parseDouble" ParseFloat "parseFloat" ParseInt "parseInt"
    ParseJson "parseJson" ParseLong "parseLong" Path "path" Pow "pow" Put "put" PutAll "putAll" PutIfAbsent "putIfAbsent" RegionMatches "regionMatches"
    Remainder "remainder" Remove "remove" RemoveAll "removeAll" Repeat "repeat" Replace "replace"
    ReplaceAll "replaceAll" ReplaceFirst "replaceFirst" RetainAll "retainAll" Reverse "reverse" Set "set"
    SetValue "setValue" ShortValue "shortValue" Signum "signum" Size "size" Sort "sort" Split "split"
    StartsWith "startsWith" Strip "strip" StripIndent "stripIndent" StripLeading "stripLeading"
    StripTrailing "stripTrailing" SubList "subList" SubSequence "subSequence" Substring "substring" Subtract "subtract"
    Sum "sum" ToArray "toArray" ToBinaryString "toBinaryString" ToCharArray "toCharArray" ToHexString "toHexString"
    ToJsonString "toJSONString" ToLowerCase "toLowerCase" ToOctalString "toOctalString" ToPlainString "toPlainString"
    ToString "toString" ToUpperCase "toUpperCase" Trim "trim" TrimToSize "trimToSize" UrlDecode "urlDecode"
    UrlEncode "urlEncode" ValueOf "valueOf" Values "values"
    And "and" AndNot "andNot" ByteValueExact "byteValueExact" CompareUnsigned "compareUnsigned" Decode "decode"
    Digit "digit" DivideUnsigned "divideUnsigned" DoubleToLongBits "doubleToLongBits"
    DoubleToRawLongBits "doubleToRawLongBits" FloatToIntBits "floatToIntBits" FloatToRawIntBits "floatToRawIntBits"
    ForDigit "forDigit" Gcd "gcd" GetBoolean "getBoolean" GetLowestSetBit "getLowestSetBit"
    GetNumericValue "getNumericValue" IntBitsToFloat "intBitsToFloat" IntValueExact "intValueExact"
    IsAlphabetic "isAlphabetic" IsProbablePrime "isProbablePrime" LongBitsToDouble "longBitsToDouble"
    LongValueExact "longValueExact" Merge "merge" Not "not" OffsetByCodePoints "offsetByCodePoints" Or "or"
    ParseUnsignedInt "parseUnsignedInt" ParseUnsignedLong "parseUnsignedLong" RemainderUnsigned "remainderUnsigned"
    ReverseBytes "reverseBytes" RotateLeft "rotateLeft" RotateRight "rotateRight" ShiftLeft "shiftLeft"
    ShiftRight "shiftRight" ShortValueExact "shortValueExact" Sqrt "sqrt" TestBit "testBit"
    ToUnsignedLong "toUnsignedLong" ToUnsignedString "toUnsignedString" Xor "xor"
}

/// A property that some class has, looked up once when the template is parsed. Its first letter may be of either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vtl) enum Property {
    Class,
    Bytes,
    Empty,
    Blank,
    NaN,
    Infinite,
    Key,
    Value,
    Name,
    Body,
    Index,
    Count,
    HasNext,
    First,
    Last,
    Parent,
    Topmost,
    Replaced,
    /// Only a map can have it.
    Other,
}

impl Property {
    pub(in crate::vtl) fn named(name: &str) -> Self {
        let Some((first, rest)) = name.split_at_checked(1) else {
            return Self::Other;
        };
        match (first, rest) {
            ("c" | "C", "lass") => Self::Class,
            ("b" | "B", "ytes") => Self::Bytes,
            ("e" | "E", "mpty") => Self::Empty,
            ("b" | "B", "lank") => Self::Blank,
            ("n" | "N", "aN") => Self::NaN,
            ("i" | "I", "nfinite") => Self::Infinite,
            ("k" | "K", "ey") => Self::Key,
            ("v" | "V", "alue") => Self::Value,
            ("n" | "N", "ame") => Self::Name,
            ("b" | "B", "ody") => Self::Body,
            ("i" | "I", "ndex") => Self::Index,
            ("c" | "C", "ount") => Self::Count,
            ("h" | "H", "asNext") => Self::HasNext,
            ("f" | "F", "irst") => Self::First,
            ("l" | "L", "ast") => Self::Last,
            ("p" | "P", "arent") => Self::Parent,
            ("t" | "T", "opmost") => Self::Topmost,
            ("r" | "R", "eplaced") => Self::Replaced,
            _ => Self::Other,
        }
    }

    /// The getter of a loop's `$foreach`.
    pub(super) fn of_scope(self) -> Option<Method> {
        Some(match self {
            Self::Index => Method::GetIndex,
            Self::Count => Method::GetCount,
            Self::HasNext => Method::GetHasNext,
            Self::First => Method::GetFirst,
            Self::Last => Method::GetLast,
            Self::Parent => Method::GetParent,
            Self::Topmost => Method::GetTopmost,
            Self::Replaced => Method::GetReplaced,
            _ => return None,
        })
    }
}
