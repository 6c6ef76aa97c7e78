package scenario

import "strings"

// lay lays one tree over another and returns what comes out. Maps are joined key by key;
// anything else replaces what is below. A key followed by nothing takes away what
// is below, so that the default holds again. A list under a key that ends
// with "+" is appended to the list below. Base may be nil.
func lay(base, over *tree, problems *Problems) *tree {
	if over == nil {
		return base
	}
	switch over.form {
	case formMap:
		return layMap(base, over, problems)
	case formList:
		out := *over
		out.items = make([]*tree, 0, len(over.items))
		for _, item := range over.items {
			out.items = append(out.items, lay(nil, item, problems))
		}
		return &out
	case formNull:
		return nil
	default:
		return over
	}
}

func layMap(base, over *tree, problems *Problems) *tree {
	out := &tree{form: formMap, at: over.at}
	if base != nil && base.form == formMap {
		out = base
	}
	for _, e := range over.entries {
		if name, ok := strings.CutSuffix(e.key, "+"); ok {
			e.key = name
			e.value = extend(out.get(name), e, problems)
			if e.value != nil {
				out = out.put(e)
			}
			continue
		}
		below := out.get(e.key)
		if below != nil && below.form == formMap && e.value.form == formMap {
			e.at = out.entries[out.find(e.key)].at // still the one who brought it up
		}
		e.value = lay(below, e.value, problems)
		out = out.put(e)
	}
	return out
}

// extend returns a list with what a key "name+" adds; nil if that is no list.
func extend(base *tree, e entry, problems *Problems) *tree {
	if e.value.form != formList || base != nil && base.form != formList {
		problems.add(Problem{Place: e.at, Path: e.key, Text: "\"+\" appends a list to a list; one of them is " +
			notList(base, e.value).String() + ", so take the \"+\" away, or write a list"})
		return nil
	}
	added := lay(nil, e.value, problems)
	if base == nil {
		return added
	}
	out := *added
	out.items = append(append([]*tree(nil), base.items...), added.items...)
	return &out
}

func notList(base, over *tree) form {
	if over.form != formList {
		return over.form
	}
	return base.form
}
