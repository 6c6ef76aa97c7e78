package picture

import (
	"fmt"
	"io"
	"slices"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/internal/svg"
)

// Rounds chooses rounds, both ends included. The zero value chooses all that were kept.
type Rounds struct{ From, To uint64 }

// DAG writes the blocks of a window of a run as an SVG file.
func DAG(w io.Writer, run *result.Run, window uint32, rounds Rounds) error {
	return DrawDAG(run, window, rounds).WriteAlone(w)
}

// Sizes of the picture of a DAG.
const (
	roundWidth   = 560
	authorHeight = 440
	blockSide    = 240
	dagLeft      = 560
	dagTop       = 340
	legendHeight = 560
)

// dagPicture is a picture of a DAG under way.
type dagPicture struct {
	*svg.Drawing
	rounds    Rounds
	authors   uint32
	blocks    []result.Block
	decisions map[[2]uint64]result.Decision // by round and author
	leaders   map[uint64]bool               // committed blocks
	within    map[uint64]bool               // blocks in the history of a committed one
	at        map[uint64]svg.Point          // middle of each block
	twins     map[uint64]bool               // blocks that share a slot with another
}

// DrawDAG draws rounds from left to right and authors from top to bottom.
func DrawDAG(run *result.Run, window uint32, rounds Rounds) *svg.Drawing {
	p := &dagPicture{rounds: rounds, decisions: map[[2]uint64]result.Decision{}, leaders: map[uint64]bool{}, within: map[uint64]bool{}, at: map[uint64]svg.Point{}, twins: map[uint64]bool{}}
	all := p.choose(run, window)
	width := dagLeft + roundWidth*svg.Length(p.rounds.To-p.rounds.From+1) + 200
	about := fmt.Sprintf("%d blocks of %d authors, rounds %d to %d, with their parents, leaders and what became of them", len(p.blocks), p.authors, p.rounds.From, p.rounds.To)
	height := dagTop + authorHeight*svg.Length(p.authors) + legendHeight
	p.Drawing = svg.New(max(width, svg.Px(640)), height, "Blocks and their parents", about)
	p.place()
	p.axes()
	p.edges()
	p.slots()
	p.marks()
	p.legend(height-legendHeight+150, all)
	return p.Drawing
}

// choose takes the blocks and decisions of the rounds that fit, and returns how
// many blocks the window has.
func (p *dagPicture) choose(run *result.Run, window uint32) (all int) {
	blocks := run.BlocksOf(window)
	if len(blocks) > 0 && p.rounds == (Rounds{}) {
		p.rounds = Rounds{blocks[0].Round, blocks[len(blocks)-1].Round}
	}
	p.rounds.To = min(max(p.rounds.From, p.rounds.To), p.rounds.From+maxRounds-1)
	for _, b := range blocks {
		if b.Round < p.rounds.From || b.Round > p.rounds.To || b.Author >= maxAuthors {
			continue
		}
		p.blocks = append(p.blocks, b)
		p.authors = max(p.authors, b.Author+1)
	}
	for _, d := range run.DecisionsOf(window) {
		if d.Round >= p.rounds.From && d.Round <= p.rounds.To && d.Author < maxAuthors {
			p.authors = max(p.authors, d.Author+1)
			p.decisions[[2]uint64{d.Round, uint64(d.Author)}] = d
			if d.Committed {
				p.leaders[d.Block], p.within[d.Block] = true, true
			}
		}
	}
	for _, b := range slices.Backward(p.blocks) { // children before parents
		if p.within[b.ID] {
			for _, parent := range b.Parents {
				p.within[parent] = true
			}
		}
	}
	return len(blocks)
}

func (p *dagPicture) column(round uint64) svg.Length {
	return dagLeft + roundWidth*svg.Length(round-p.rounds.From) + roundWidth/2
}

func (p *dagPicture) row(author uint32) svg.Length {
	return dagTop + authorHeight*svg.Length(author) + authorHeight/2
}

// place gives every block its point; blocks of one slot stand side by side.
func (p *dagPicture) place() {
	for i, b := range p.blocks {
		point := svg.Point{X: p.column(b.Round), Y: p.row(b.Author)}
		if i > 0 && p.blocks[i-1].Round == b.Round && p.blocks[i-1].Author == b.Author {
			before := p.blocks[i-1].ID
			p.twins[before], p.twins[b.ID] = true, true
			point = p.at[before]
			point.X, point.Y = point.X+90, point.Y+130
		}
		p.at[b.ID] = point
	}
}

func (p *dagPicture) axes() {
	p.Text("h", 100, 180, "round")
	for r := p.rounds.From; r <= p.rounds.To && p.authors > 0; r++ {
		p.Text("m t", p.column(r), 180, fmt.Sprint(r))
		p.Line("grid", p.column(r), 240, p.column(r), p.row(p.authors-1)+authorHeight/2)
	}
	for a := range p.authors {
		p.Text("h", 100, p.row(a)+40, fmt.Sprintf("m%d", a))
	}
}

// edges draws parents; a link to the leader of the round before is a vote, and stands out.
func (p *dagPicture) edges() {
	for _, votes := range []bool{false, true} {
		for _, b := range p.blocks {
			for _, parent := range b.Parents {
				to, drawn := p.at[parent]
				if !drawn || p.leaders[parent] != votes {
					continue
				}
				class := "thin faint"
				if votes {
					class = "thin s0"
				}
				from := p.at[b.ID]
				p.Curve(class, svg.Point{X: from.X - blockSide/2, Y: from.Y}, svg.Point{X: to.X + blockSide/2, Y: to.Y})
			}
		}
	}
}

// slots marks leader slots without a block of theirs.
func (p *dagPicture) slots() {
	filled := map[[2]uint64]bool{}
	for _, b := range p.blocks {
		filled[[2]uint64{b.Round, uint64(b.Author)}] = true
	}
	for r := p.rounds.From; r <= p.rounds.To; r++ {
		for a := range p.authors {
			slot := [2]uint64{r, uint64(a)}
			d, leads := p.decisions[slot]
			if leads && !d.Committed {
				p.Text("m small halo", p.column(r), p.row(a)-blockSide/2-30, "skipped")
			}
			if leads && !filled[slot] {
				p.Round("box dash", p.column(r)-blockSide/2, p.row(a)-blockSide/2, blockSide, blockSide, 50, fmt.Sprintf("leader of round %d: no block", r))
			}
		}
	}
}

func (p *dagPicture) marks() {
	for _, b := range p.blocks {
		at := p.at[b.ID]
		d, leads := p.decisions[[2]uint64{b.Round, uint64(b.Author)}]
		class, label := "box", "small m"
		switch {
		case p.leaders[b.ID]:
			class, label = "boxlead", "m onlead"
		case leads && !d.Committed:
			class = "boxwait"
		case p.within[b.ID]:
			class = "boxin"
		}
		if p.twins[b.ID] {
			class += " boxbad"
		}
		tip := fmt.Sprintf("member %d, round %d, made at %v, %d parents", b.Author, b.Round, b.At, len(b.Parents))
		p.Round(class, at.X-blockSide/2, at.Y-blockSide/2, blockSide, blockSide, 50, tip)
		if p.leaders[b.ID] {
			p.Text(label, at.X, at.Y+40, "L")
		}
	}
}

// legend explains the boxes, and says what is not shown.
func (p *dagPicture) legend(y svg.Length, all int) {
	x := svg.Length(100)
	for _, e := range []struct{ class, words string }{
		{"boxlead", "committed leader"}, {"boxin", "in its history"}, {"boxwait", "skipped leader"}, {"box dash", "leader without block"}, {"box", "not yet committed"}, {"box boxbad", "two in one slot"},
	} {
		p.Round(e.class, x, y, 130, 130, 30, "")
		p.Text("t", x+180, y+110, e.words)
		x += 380 + svg.Length(len(e.words))*70
		if x > svg.Px(540) && e.class != "box boxbad" {
			x, y = 100, y+200
		}
	}
	if len(p.blocks) < all {
		p.Text("small", 100, y+320, fmt.Sprintf("%d of the %d blocks that were kept are shown", len(p.blocks), all))
	}
}
