package plan

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/rules"
)

// A Plan is what was learned of one common edition, with any editions of States. It
// is safe for concurrent use: whoever walks it takes no lock.
type Plan struct {
	mu    sync.Mutex // of whoever adds
	roots sync.Map   // shape to *node
	nodes atomic.Int64
	most  int64

	learned atomic.Uint64
}

// mostNodes bounds what a plan keeps, at some 300 bytes each; what comes after is
// answered by the law each time.
const mostNodes = 1 << 20

// mostBranches bounds the branches of one node: a value that is different each time,
// such as a share of an amount, is not worth keeping.
const mostBranches = 512

// New makes a plan that has learned nothing. All laws that it is asked about have the
// same common edition, and editions of States that were checked against it.
func New() *Plan { return &Plan{most: mostNodes} }

// A node asks a step, or is a leaf.
type node struct {
	leaf *rules.Answer // then all else is empty
	step rules.Step
	// request says that the step may look at the request.
	request  bool
	branches atomic.Pointer[branches] // replaced, never changed
}

type branches struct {
	usual []*node // by rules.Result.N; nil: not learned
	other map[string]*node
}

func (n *node) next(r rules.Result) *node {
	b := n.branches.Load()
	switch {
	case b == nil:
		return nil
	case r.N == 0:
		return b.other[r.Text]
	case r.N < len(b.usual):
		return b.usual[r.N]
	default:
		return nil
	}
}

func (b *branches) with(r rules.Result, to *node) *branches {
	out := &branches{}
	if b != nil {
		out.usual, out.other = slices.Clone(b.usual), maps.Clone(b.other)
	}
	if r.N > 0 {
		for len(out.usual) <= r.N {
			out.usual = append(out.usual, nil)
		}
		out.usual[r.N] = to
		return out
	}
	if out.other == nil {
		out.other = map[string]*node{}
	}
	out.other[r.Text] = to
	return out
}

func (b *branches) many() bool { return b != nil && len(b.usual)+len(b.other) >= mostBranches }

// Weigh answers in short, as [rules.Weigh] does, but does not say what the request
// would still have to bring beyond the conditions' needs. The answer must not be
// changed.
func (p *Plan) Weigh(law rules.Law, s *rules.Situation) *rules.Answer {
	root := p.root(law, s)
	frames := rules.FramesOf(law, s)
	leaf := walk(root.next(entry), frames)
	frames.Release()
	if leaf != nil && !law.Common.Language.Consults() {
		return leaf
	}
	return p.learn(root, law, s)
}

func (p *Plan) root(law rules.Law, s *rules.Situation) *node {
	shape := string(s.Shape(law))
	if found, ok := p.roots.Load(shape); ok {
		return found.(*node)
	}
	if p.nodes.Load() >= p.most {
		return &node{}
	}
	made, existed := p.roots.LoadOrStore(shape, &node{})
	if !existed {
		p.nodes.Add(1)
	}
	return made.(*node)
}

// A root asks nothing: its one branch, as if by this result, is the first step, or
// the answer if there is none.
var entry = rules.Result{N: 1}

// walk follows the answers to the steps as far as they are known.
func walk(n *node, frames *rules.Frames) *rules.Answer {
	for n != nil {
		if n.leaf != nil {
			return n.leaf
		}
		n = n.next(frames.Ask(&n.step))
	}
	return nil
}

// learn asks the law, and keeps what it asked. Where an oracle is consulted it is
// asked each time, so that every evaluation is compared.
func (p *Plan) learn(root *node, law rules.Law, s *rules.Situation) *rules.Answer {
	p.learned.Add(1)
	answer, trace := rules.WeighTraced(law, s)
	if trace == nil || p.nodes.Load() >= p.most {
		return &answer
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at, result := root, entry
	for i := 0; ; i++ {
		next := at.next(result)
		if next == nil {
			if !at.branches.Load().many() {
				at.branches.Store(at.branches.Load().with(result, p.branch(trace, i, &answer)))
			}
			return &answer
		}
		if next.leaf != nil {
			return next.leaf // somebody else learned it meanwhile
		}
		if i == len(trace.Steps) || !next.step.Same(trace.Steps[i]) {
			return &answer // unreachable: of who answered the same, the law asks the same next
		}
		at, result = next, trace.Results[i]
	}
}

// branch makes the nodes from step i on.
func (p *Plan) branch(t *rules.Trace, i int, answer *rules.Answer) *node {
	n := &node{leaf: answer}
	for j := len(t.Steps) - 1; j >= i; j-- {
		before := &node{step: t.Steps[j]}
		before.request = before.step.OfRequest()
		before.branches.Store((*branches)(nil).with(t.Results[j], n))
		n = before
	}
	p.nodes.Add(int64(len(t.Steps) - i + 1))
	return n
}

// Stats says how much a plan has learned.
type Stats struct {
	Shapes  int    // of situations
	Nodes   int64  // steps and answers that are kept
	Learned uint64 // how often the law was asked
}

// Stats counts.
func (p *Plan) Stats() Stats {
	s := Stats{Nodes: p.nodes.Load(), Learned: p.learned.Load()}
	p.roots.Range(func(any, any) bool { s.Shapes++; return true })
	return s
}
