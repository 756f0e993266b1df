package report

// glossary explains the page's words in a line each, by alphabet.
var glossary = []Fact{
	{"95% interval", "In 95 of 100 repetitions of the study an interval made this way would hold the true value. AUC: DeLong; proportions: Wilson."},
	{"AUC", "Area under the ROC curve: the chance that a random positive image gets a higher score than a random other one; 0.5 is chance, 1 perfect."},
	{"Average precision", "Mean precision over the thresholds that find one more positive; a model without skill reaches the share of positives."},
	{"Brier score", "Mean squared difference between probability and outcome (1 or 0); lower is better."},
	{"Calibration error", "Mean distance between the probability given and the share of positives, over 15 bins of equal width."},
	{"Expected entropy", "The part of the uncertainty on which all members agree: the image itself looks ambiguous."},
	{"Fold", "One of the parts into which the images were cut, whole patients or lesions at a time; each is scored by a model trained on the others."},
	{"Log loss", "Mean of minus the logarithm of the probability given to what was true; punishes confident mistakes."},
	{"Member", "One of the models whose probabilities are averaged: a posterior sample, or one of several networks."},
	{"Mutual information", "The part of the uncertainty on which the members disagree: the model has seen too little like this image."},
	{"Nat", "Unit of entropy with natural logarithms; two equally likely classes have 0.693 nats."},
	{"Nested gain", "What fitted blend weights add on images that they were not fitted on."},
	{"Operating point", "A threshold: images with at least this probability count as positive."},
	{"Out-of-fold", "Scored by a model that did not train on the image nor on any other of its patient or lesion."},
	{"Precision", "Share of the alarms that are right."},
	{"Predictive entropy", "Total uncertainty of the averaged probabilities; highest when all classes are equally likely."},
	{"Referral", "Handing the images that the model is least sure of to a person."},
	{"Sensitivity (recall)", "Share of the positive images that are found."},
	{"Specificity", "Share of the other images that raise no alarm."},
	{"Variance over views", "How much the probability changes when the image is flipped or turned."},
}
