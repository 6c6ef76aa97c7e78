package dagtest

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag"
)

// Picture is a DAG made of text; the package document gives the grammar.
type Picture struct {
	Genesis *dag.Genesis
	Domain  *dag.Domain
	Members []dag.PrivateKey
	Blocks  []*dag.Block // in the order of the text

	names  []string // of Blocks
	byName map[string]*dag.Block
	byID   map[dag.BlockID]string
}

// maxAuthors is how many letters there are.
const maxAuthors = 26

// Parse makes the blocks of a picture for a committee of n ≤ 26. A mistake in
// the text fails the test.
func Parse(tb testing.TB, n int, text string) *Picture {
	tb.Helper()
	p, err := parse(n, text)
	if err != nil {
		tb.Fatalf("picture: %v", err)
	}
	return p
}

// Extend adds blocks to the picture and returns the new ones.
func (p *Picture) Extend(tb testing.TB, text string) []*dag.Block {
	tb.Helper()
	before := len(p.Blocks)
	if err := p.extend(text); err != nil {
		tb.Fatalf("picture: %v", err)
	}
	return p.Blocks[before:]
}

// Block returns a block by its name; there must be one.
func (p *Picture) Block(tb testing.TB, name string) *dag.Block {
	tb.Helper()
	b := p.byName[name]
	if b == nil {
		tb.Fatalf("picture: no block %q", name)
	}
	return b
}

// Name returns the name of a block, or its id if it is not in the picture.
func (p *Picture) Name(id dag.BlockID) string {
	if name, ok := p.byID[id]; ok {
		return name
	}
	return id.String()
}

// Draw gives the picture's text, one line per block, with clock readings
// only where they are not the usual ones. Parse makes the same blocks of it.
func (p *Picture) Draw() string {
	var text strings.Builder
	for i, b := range p.Blocks {
		text.WriteString(p.names[i])
		if b.ClaimedAt != usualTime(p.names[i], b.Round) {
			fmt.Fprintf(&text, "@%d", b.ClaimedAt)
		}
		text.WriteString(" <-")
		for _, parent := range b.Parents {
			text.WriteString(" " + p.Name(parent.ID))
		}
		text.WriteString("\n")
	}
	return text.String()
}

func parse(n int, text string) (*Picture, error) {
	if n < 1 || n > maxAuthors {
		return nil, fmt.Errorf("%d members, want 1 to %d", n, maxAuthors)
	}
	g, _, members := Genesis(n)
	p := &Picture{
		Genesis: g, Domain: g.Domain(), Members: members,
		byName: make(map[string]*dag.Block), byID: make(map[dag.BlockID]string),
	}
	return p, p.extend(text)
}

func (p *Picture) extend(text string) error {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for statement := range strings.SplitSeq(line, ";") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if err := p.add(statement); err != nil {
				return fmt.Errorf("%q: %w", strings.TrimSpace(statement), err)
			}
		}
	}
	return nil
}

// add makes the blocks of one statement.
func (p *Picture) add(statement string) error {
	left, right, ok := strings.Cut(statement, "<-")
	if !ok || strings.TrimSpace(left) == "" {
		return errors.New(`want "blocks <- parents"`)
	}
	type made struct {
		name  string
		block *dag.Block
	}
	var all []made
	for word := range strings.FieldsSeq(left) {
		name, body, err := p.head(word)
		if err != nil {
			return err
		}
		if body.Parents, err = p.parents(body, strings.Fields(right)); err != nil {
			return err
		}
		all = append(all, made{name, dag.SignBlock(p.Domain.Ledger, body, p.Members[body.Author])})
	}
	for _, m := range all { // blocks of one statement are not each other's parents
		if p.byName[m.name] != nil {
			return fmt.Errorf("a second block %s", m.name)
		}
		p.Blocks, p.names = append(p.Blocks, m.block), append(p.names, m.name)
		p.byName[m.name], p.byID[m.block.ID()] = m.block, m.name
	}
	return nil
}

// head reads a block's name and clock reading.
func (p *Picture) head(word string) (string, dag.BlockBody, error) {
	m := regexp.MustCompile(`^(([a-z])([1-9][0-9]{0,8})'*)(?:@([0-9]{1,15}))?$`).FindStringSubmatch(word)
	if m == nil {
		return "", dag.BlockBody{}, fmt.Errorf("%q is no block name", word)
	}
	author := dag.Author(m[2][0] - 'a')
	if int(author) >= len(p.Members) {
		return "", dag.BlockBody{}, fmt.Errorf("author %s in a committee of %d", m[2], len(p.Members))
	}
	round, err := strconv.ParseUint(m[3], 10, 64)
	if err != nil {
		return "", dag.BlockBody{}, err
	}
	body := dag.BlockBody{Epoch: p.Domain.Epoch, Author: author, Round: dag.Round(round)}
	body.ClaimedAt = usualTime(m[1], body.Round)
	if m[4] != "" {
		at, err := strconv.ParseInt(m[4], 10, 64)
		if err != nil {
			return "", dag.BlockBody{}, err
		}
		body.ClaimedAt = dag.UnixMilli(at)
	}
	return m[1], body, nil
}

// usualTime keeps equivocations apart.
func usualTime(name string, round dag.Round) dag.UnixMilli {
	return dag.UnixMilli(round)*1000 + dag.UnixMilli(strings.Count(name, "'"))
}

// parents looks the parents up and puts them in order.
func (p *Picture) parents(of dag.BlockBody, words []string) ([]dag.BlockRef, error) {
	var refs []dag.BlockRef
	for _, word := range words {
		if word == "*" {
			refs = append(refs, p.all(of)...)
			continue
		}
		b := p.byName[word]
		if b == nil {
			return nil, fmt.Errorf("no block %q yet", word)
		}
		refs = append(refs, b.Ref())
	}
	slices.SortStableFunc(refs, func(a, b dag.BlockRef) int {
		return cmp.Or(
			cmp.Compare(ownFirst(of, a), ownFirst(of, b)),
			cmp.Compare(a.Author, b.Author),
		)
	})
	return slices.Compact(refs), nil
}

func ownFirst(of dag.BlockBody, r dag.BlockRef) int {
	if r.Author == of.Author {
		return 0
	}
	return 1
}

// all is what the asterisk stands for.
func (p *Picture) all(of dag.BlockBody) (refs []dag.BlockRef) {
	var own *dag.Block
	for i, b := range p.Blocks {
		if strings.HasSuffix(p.names[i], "'") {
			continue
		}
		switch {
		case b.Author == of.Author:
			if b.Round < of.Round && (own == nil || b.Round > own.Round) {
				own = b
			}
		case b.Round == of.Round-1:
			refs = append(refs, b.Ref())
		}
	}
	if own != nil {
		refs = append(refs, own.Ref())
	}
	return refs
}
