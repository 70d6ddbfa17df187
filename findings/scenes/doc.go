// Package scenes holds what went wrong in the first user's own history, rebuilt
// as result folders, and tests that the report says where, why and what to do.
package scenes
