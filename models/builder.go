package models

// builder appends layers and declares their parameters.
type builder struct {
	net  *Net
	last string // the newest layer's tensor
}

func (b *builder) add(l Layer) string {
	b.net.Layers = append(b.net.Layers, l)
	b.last = l.Name
	return l.Name
}

func (b *builder) param(role Role, name string, shape ...int) string {
	b.net.Params = append(b.net.Params, Param{Name: name, Shape: shape, Role: role})
	return name
}

// unary appends a layer without parameters over the newest tensor.
func (b *builder) unary(op Op, name string) string {
	return b.add(Layer{Name: name, Op: op, Inputs: []string{b.last}})
}

// convolution appends a convolution without bias, padding or dilation, and
// returns it for those to be set.
func (b *builder) convolution(name string, in, out, kernel, stride, groups int) *Layer {
	b.add(Layer{
		Name: name, Op: OpConv, Inputs: []string{b.last}, Stride: [2]int{stride, stride}, Groups: groups,
		Params: []string{b.param(RoleWeight, name+".weight", out, in/groups, kernel, kernel)},
	})
	return &b.net.Layers[len(b.net.Layers)-1]
}

// pointwise appends a 1x1 convolution with a bias.
func (b *builder) pointwise(name string, in, out, groups int) {
	l := b.convolution(name, in, out, 1, 1, groups)
	l.Params = append(l.Params, b.param(RoleBias, name+".bias", out))
}

// depth appends stochastic depth unless its rate is 0.
func (b *builder) depth(name string, rate float64) {
	if rate > 0 {
		b.add(Layer{Name: name, Op: OpDepth, Inputs: []string{b.last}, Rate: rate})
	}
}

// linear appends a linear layer whose parameters are prefix.weight, .bias.
func (b *builder) linear(name, prefix string, in, out int) string {
	return b.add(Layer{Name: name, Op: OpLinear, Inputs: []string{b.last}, Params: []string{
		b.param(RoleWeight, prefix+".weight", out, in), b.param(RoleBias, prefix+".bias", out),
	}})
}

// batchNorm appends a BatchNorm; its parameters start with its own name.
func (b *builder) batchNorm(name string, channels int, epsilon, momentum float64) string {
	return b.add(Layer{
		Name: name, Op: OpBatchNorm, Inputs: []string{b.last}, Epsilon: epsilon, Momentum: momentum,
		Params: []string{
			b.param(RoleBNScale, name+".weight", channels), b.param(RoleBNShift, name+".bias", channels),
			b.param(RoleRunningMean, name+".running_mean", channels), b.param(RoleRunningVar, name+".running_var", channels),
		},
	})
}
