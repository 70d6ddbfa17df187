// Package matrix says what could run: axes, the cells of their product, the
// rules that leave cells out, and the plan that results.
//
// It is pure. It reads no file, no clock and no environment, and the same Spec
// always gives the same Plan, byte for byte.
package matrix
