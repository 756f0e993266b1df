package augment

// Transpose mirrors the picture about its main diagonal.
type Transpose struct{ plain }

// VerticalFlip reverses the order of the rows.
type VerticalFlip struct{ plain }

// HorizontalFlip reverses the order of the columns.
type HorizontalFlip struct{ plain }

// Name is the transform's name in records.
func (*Transpose) Name() string { return "transpose" }

// Name is the transform's name in records.
func (*VerticalFlip) Name() string { return "vertical_flip" }

// Name is the transform's name in records.
func (*HorizontalFlip) Name() string { return "horizontal_flip" }

func (*Transpose) size(width, height int) (int, int) { return height, width }

func (*Transpose) apply(c *canvas)      { c.transpose() }
func (*VerticalFlip) apply(c *canvas)   { c.flipRows() }
func (*HorizontalFlip) apply(c *canvas) { c.flipColumns() }

// TransposeStep draws [Transpose].
type TransposeStep struct {
	P float64 `yaml:"p"` // probability
}

// VerticalFlipStep draws [VerticalFlip].
type VerticalFlipStep struct {
	P float64 `yaml:"p"` // probability
}

// HorizontalFlipStep draws [HorizontalFlip].
type HorizontalFlipStep struct {
	P float64 `yaml:"p"` // probability
}

func (s *TransposeStep) chance() float64      { return s.P }
func (s *VerticalFlipStep) chance() float64   { return s.P }
func (s *HorizontalFlipStep) chance() float64 { return s.P }

func (*TransposeStep) check() error      { return nil }
func (*VerticalFlipStep) check() error   { return nil }
func (*HorizontalFlipStep) check() error { return nil }

func (*TransposeStep) prepare(env) drawer      { return always(&Transpose{}) }
func (*VerticalFlipStep) prepare(env) drawer   { return always(&VerticalFlip{}) }
func (*HorizontalFlipStep) prepare(env) drawer { return always(&HorizontalFlip{}) }
