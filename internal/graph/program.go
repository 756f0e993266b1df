package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// Param is a named array of a network: a trainable parameter or a buffer
// (running statistics).
type Param struct {
	Name  string // timm's name, such as blocks.0.0.conv_dw.weight
	Shape []int
	Node  *gorgonia.Node
}

// Size returns the number of elements.
func (p Param) Size() int { return size(p.Shape) }

// BatchNormUse links the statistics of one batch normalisation to the running
// statistics that follow it in training:
// running = (1-Momentum)*running + Momentum*batch, the variance unbiased by
// Count/(Count-1).
type BatchNormUse struct {
	Stats          *gorgonia.Node // [2,C]: mean, biased variance
	Mean, Variance string         // names of the buffers
	Momentum       float64        // weight of the new value, in (0, 1]
	Count          int            // values per channel in a batch: N*H*W
}

// Program is one network at one batch size and input size, as a graph.
type Program struct {
	Graph *gorgonia.ExprGraph
	// Inputs by name: "images" [N,H,W,3] always; "meta" [N,M] where the
	// network takes metadata; "targets" [N,K] and "row_weights" [N] where
	// there is a loss.
	Inputs     map[string]*gorgonia.Node
	Params     []Param // trainable, in the order of the parameter arena
	Buffers    []Param // running statistics, in the order of theirs
	BatchNorms []BatchNormUse
	Logits     *gorgonia.Node   // [N,K]
	Pooled     *gorgonia.Node   // [N,F], the features before the head; may be nil
	Outputs    []*gorgonia.Node // further results, of any shape; usually none
	Loss       *gorgonia.Node   // scalar; nil without targets
	// Grads has the gradient of Loss for each of Params; nil before
	// Differentiate.
	Grads []*gorgonia.Node
	// Draws selects the random numbers of the next run, read by every mask.
	Draws *Draws
}

// Draws selects the random numbers of a run: its key, and which row of a
// larger batch the run's first row is. A batch that is computed in parts has
// the masks that it would have as a whole.
type Draws struct {
	Key      uint64
	FirstRow int
}

// Differentiate adds the symbolic gradients of the loss with respect to every
// parameter.
func (p *Program) Differentiate() error {
	if p.Loss == nil {
		return fmt.Errorf("graph: a program without targets has no loss to differentiate")
	}
	wrt := make(gorgonia.Nodes, len(p.Params))
	for i, param := range p.Params {
		wrt[i] = param.Node
	}
	grads, err := gorgonia.Grad(p.Loss, wrt...)
	if err != nil {
		return fmt.Errorf("graph: gradient of the loss: %w", err)
	}
	p.Grads = grads
	return nil
}
