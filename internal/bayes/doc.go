// Package bayes holds update rules of training, optimisers and posterior
// samplers behind one contract, and the predictive averages of their samples.
//
// Data in: parameters, the gradient of a loss to be minimised (mean over the
// batch), a 0/1 mask of what decays, the scalars of a step. Data out: new
// parameters and slots (momenta, running moments); from logits of several
// members: probabilities and their uncertainty.
//
// Terms: a [Rule] owns a [Program], an element-wise program over vectors of
// length P (all parameters in one arena). A program is data: [Run] interprets
// it plainly and is the reference; faster backends run the same instructions.
// A slot is a vector of state the rule keeps. A member is one fold's network
// at one posterior sample; a view is one orientation of the picture.
//
// Log posterior and temperature. With N training images, the posterior of
// the parameters p is proportional to exp(N*U(p)), where U(p) = mean log
// likelihood + log prior/N.
// A mini-batch estimates U without knowing N, so gradients, losses and
// learning rates keep the scale of ordinary training, and N enters twice:
// the samplers run at temperature T/N (noise ~ exp(U/(T/N))), and a Gaussian
// prior of precision r contributes -(r/N)*p to the gradient of U: weight decay
// r/N on the masked parameters. [Config] states T and r; T = 1 is Bayes'
// posterior whatever N is, T < 1 a colder, narrower one, T = 0 plain gradient
// descent. [Config.Observations] is N; a sampler without it is refused,
// because a forgotten 1/N gives noise sqrt(N) times too large.
//
// Updates, g = grad + decay, m and v slots, n standard normal noise:
//
//	sgd    m = momentum*m + g;  p -= lr*m, or lr*(g + momentum*m) (nesterov)
//	adam   m = b1*m + (1-b1)*g, v = b2*v + (1-b2)*g^2, c = 1 - b^t,
//	       p -= lr*(m/c1) / (sqrt(v/c2) + epsilon)   (Kingma, Ba 2015, alg. 1)
//	adamw  p *= 1 - lr*decay first, g without decay  (Loshchilov, Hutter 2019)
//	sgld   p += -lr*g + sqrt(T*lr*(2 - T*lr*beta))*n (Welling, Teh 2011)
//	sghmc  p += lr*m/sigma^2, at the same time
//	       m += -lr*g - lr*alpha*m/sigma^2 + sqrt(T*lr*(2*alpha - T*lr*beta))*n
//	       (Chen, Fox, Guestrin 2014; T here is T/N)
//
// Burn-in and thinning count steps, see [Schedule].
//
// Room: a rule that needs a scalar of the whole vector (SGNHT's mean of m^2)
// would add to Program a list of reductions, evaluated before Code in fixed
// blocks and appended to the step's scalars, and global state (xi) as a slot
// of length one; no rule here needs it, so it is not built.
//
// Errors: [Config.Validate] returns a [ConfigError]; vectors of wrong length
// are programming errors and panic. Determinism: noise comes from the caller,
// addressed by step and element; the package has no randomness of its own.
package bayes
