// Package cause finds which values of a matrix's axes make tests fail.
//
// It is given what each test did in each cell of a matrix, and answers with the
// smallest conjunctions of conditions (one value of an axis, or a range of an
// ordered one) that account for the failures, together with how sure that is,
// which other conjunctions would do as well, and which cells would decide.
//
// The answer is a posterior, not a rule such as "no cell with these values
// passes": tests fail by chance, and real failures pass by chance. How often
// either happens is not known beforehand and is learnt from the matrix itself.
// docs/causes.md describes the model and what it was measured to do.
//
// The package is pure and deterministic. The order of axes, cells and tests, and
// that of the values of an axis without order, do not change the answer.
package cause
