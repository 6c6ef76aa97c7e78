package scenario

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// reader turns one source into a tree.
type reader struct {
	source   *Source
	problems *Problems
	shift    int // columns before the text, for --set
	nodes    int
}

// parse reads a source. A tree is nil if there is nothing in it, or nothing
// that could be understood.
func parse(source *Source, problems *Problems) *tree {
	r := &reader{source: source, problems: problems}
	return r.document(source.Text)
}

// document reads a text as one YAML document.
func (r *reader) document(text string) *tree {
	if !r.bounded(text) {
		return nil
	}
	file, err := parseYAML(text)
	if err != nil {
		r.syntax(err)
		return nil
	}
	var body *tree
	for _, doc := range file.Docs {
		if doc == nil || doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			r.report(r.place(doc.Body.GetToken()), "a second document; a scenario is one: put what overlays it into a file of its own and give both with -f")
			break
		}
		body = r.node(doc.Body, 0)
	}
	return body
}

// parseYAML parses, and turns a panic of the parser, which fuzzing has seen in
// such code often enough, into an error about the file.
func parseYAML(text string) (file *ast.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot be understood as YAML (%v)", p)
		}
	}()
	// Duplicates are told here, all at once; the parser stops at the first.
	return parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
}

// bounded checks a text's sizes before anything is made of it.
func (r *reader) bounded(text string) bool {
	if len(text) > MaxSourceBytes {
		r.report(Place{r.source, 1, 1, 1}, fmt.Sprintf("%d bytes, at most %d", len(text), MaxSourceBytes))
		return false
	}
	number, open := 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		at := Place{r.source, number, 1, 1}
		if len(line) > maxLineBytes {
			r.report(at, fmt.Sprintf("a line of %d bytes, at most %d", len(line), maxLineBytes))
			return false
		}
		if !utf8.ValidString(line) {
			r.report(at, "not UTF-8")
			return false
		}
		if i := strings.IndexFunc(line, func(c rune) bool { return c < ' ' && c != '\t' && c != '\r' || c == 0x7F }); i >= 0 {
			r.report(at, fmt.Sprintf("a control character, %q", line[i]))
			return false
		}
		open += strings.Count(line, "[") + strings.Count(line, "{")
		open -= strings.Count(line, "]") + strings.Count(line, "}")
		open = max(open, 0)
		if open > 4*maxDepth || nested(line) > 4*maxDepth {
			r.report(at, "brackets and lists nest too deep")
			return false
		}
	}
	return true
}

// nested counts what may open another level within a line: indentation, and
// dashes, question marks and colons that start a compact list or map.
func nested(line string) int {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	return indent/2 + strings.Count(line, "- ") + strings.Count(line, "? ") + strings.Count(line, "[") + strings.Count(line, "{")
}

// syntax reports what the parser says.
func (r *reader) syntax(err error) {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		r.report(r.place(at.GetToken()), at.GetMessage())
		return
	}
	r.report(Place{r.source, 1, 1, 1}, err.Error())
}

func (r *reader) report(at Place, text string) {
	r.problems.add(Problem{Place: at, Text: text})
}

// place returns where a token stands.
func (r *reader) place(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{r.source, 1, 1 + r.shift, 1}
	}
	p := Place{r.source, max(t.Position.Line, 1), max(t.Position.Column, 1), max(1, utf8.RuneCountInString(strings.TrimSpace(t.Value)))}
	if p.Line == 1 {
		p.Column += r.shift
	}
	return p
}

// node turns a part of the parser's tree into one of ours.
func (r *reader) node(n ast.Node, depth int) *tree {
	if r.nodes++; depth > maxDepth || r.nodes > maxTreeNodes {
		r.report(r.place(n.GetToken()), fmt.Sprintf("too much: more than %d levels or %d keys and values", maxDepth, maxTreeNodes))
		return nil
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return &tree{form: formNull, at: r.place(n.Token)}
	case *ast.StringNode:
		quoted := n.Token != nil && (n.Token.Type == token.SingleQuoteType || n.Token.Type == token.DoubleQuoteType)
		return r.scalar(n.Token, n.Value, quoted)
	case *ast.LiteralNode:
		text := ""
		if n.Value != nil {
			text = n.Value.Value
		}
		return r.scalar(n.Start, text, true)
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		t := n.GetToken()
		return r.scalar(t, t.Value, false)
	case *ast.SequenceNode:
		return r.list(n, depth)
	case *ast.MappingNode:
		return r.mapping(n.GetToken(), n.Values, depth)
	case *ast.MappingValueNode:
		return r.mapping(n.GetToken(), []*ast.MappingValueNode{n}, depth)
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode, *ast.DirectiveNode:
		r.report(r.place(n.GetToken()), "anchors, aliases, tags and directives are not used in scenarios; write the value out, or put it into an overlay")
	default:
		r.report(r.place(n.GetToken()), "this cannot be understood; expected a value, a list, or keys with values")
	}
	return nil
}

func (r *reader) scalar(t *token.Token, text string, quoted bool) *tree {
	at := r.place(t)
	if len(text) > maxTextBytes {
		r.report(at, fmt.Sprintf("a text of %d bytes, at most %d", len(text), maxTextBytes))
		return nil
	}
	if quoted && t != nil && t.Position != nil {
		at.Width += 2
	}
	return &tree{form: formScalar, at: at, text: text, quoted: quoted}
}

func (r *reader) list(n *ast.SequenceNode, depth int) *tree {
	t := &tree{form: formList, at: r.place(n.Start)}
	if len(n.Values) > maxItems {
		r.report(t.at, fmt.Sprintf("a list of %d, at most %d", len(n.Values), maxItems))
		return nil
	}
	for _, value := range n.Values {
		if value == nil {
			continue
		}
		item := r.node(value, depth+1)
		if item != nil && item.form == formNull {
			r.report(item.at, "an empty item; give it a value or take the dash away")
			item = nil
		}
		if item != nil {
			t.items = append(t.items, item)
		}
	}
	return t
}

func (r *reader) mapping(start *token.Token, values []*ast.MappingValueNode, depth int) *tree {
	t := &tree{form: formMap, at: r.place(start)}
	seen := make(map[string]Place, len(values))
	for i, v := range values {
		if v == nil || v.Key == nil {
			continue
		}
		e := entry{at: r.place(v.Key.GetToken())}
		if i == 0 {
			t.at = e.at
		}
		name, ok := v.Key.(*ast.StringNode)
		if !ok || name.Value == "" || len(name.Value) > maxTextBytes {
			r.report(e.at, "not a key; expected a plain word")
			continue
		}
		e.key = name.Value
		if first, twice := seen[e.key]; twice {
			r.report(e.at, fmt.Sprintf("the key %q is there twice, first at line %d; take one away", e.key, first.Line))
			continue
		}
		seen[e.key] = e.at
		if v.Value == nil {
			e.value = &tree{form: formNull, at: e.at}
		} else {
			e.value = r.node(v.Value, depth+1)
		}
		if e.value != nil {
			t.entries = append(t.entries, e)
		}
	}
	return t
}
