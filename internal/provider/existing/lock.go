package existing

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posthog/chart-matrix/internal/provider"
)

// leaseName is the lock. Its holder is the name of a job's cluster, which says
// whose it is and until when (provider.ParseName).
const leaseName = "chart-matrix"

// lock takes the cluster for a job: provider.ErrExists where the job has it
// already, another error where somebody else has.
func (a *access) lock(ctx context.Context, ref provider.Ref, now time.Time) error {
	leases := a.kube.CoordinationV1().Leases(a.namespace)
	wanted := lease(ref, now)
	_, err := leases.Create(ctx, wanted, metav1.CreateOptions{})
	if err == nil || !apierrors.IsAlreadyExists(err) {
		return a.lockFailed(err)
	}
	old, err := leases.Get(ctx, leaseName, metav1.GetOptions{})
	if err != nil {
		return a.lockFailed(err) // gone since, maybe: another try may get it
	}
	holder := held(old)
	owner, expires, ours := provider.ParseName(holder)
	switch {
	case holder == ref.Name:
		return fmt.Errorf("%w: the cluster of context %s is locked by %s", provider.ErrExists, short(a.context), holder)
	case !ours && holder != "":
		return fmt.Errorf("the lease %s/%s in the cluster of context %s is held by %q, which is no job of chart-matrix; "+
			"remove it if nobody needs it, or set another namespace for the lock", a.namespace, leaseName, short(a.context), short(holder))
	case ours && expires.After(now):
		return fmt.Errorf("the cluster of context %s is used by job %s until %s; wait for it, or remove the lock with `chart-matrix down --job %s`, "+
			"where that job has ended", short(a.context), owner, expires.Format(time.RFC3339), owner)
	}
	// Its time is over. The version makes sure that one alone takes it.
	wanted.ResourceVersion = old.ResourceVersion
	_, err = leases.Update(ctx, wanted, metav1.UpdateOptions{})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return fmt.Errorf("the cluster of context %s was locked by another job in the same moment; wait for it: %w", short(a.context), err)
	}
	return a.lockFailed(err)
}

func lease(ref provider.Ref, now time.Time) *coordinationv1.Lease {
	at := metav1.NewMicroTime(now)
	seconds := int32(min(max(ref.Expires.Sub(now)/time.Second, 1), 1<<30))
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: leaseName, Labels: map[string]string{"app.kubernetes.io/managed-by": "chart-matrix"}},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: &ref.Name, LeaseDurationSeconds: &seconds, AcquireTime: &at, RenewTime: &at},
	}
}

// unlock removes the lock of this very Ref, and no other.
func (a *access) unlock(ctx context.Context, ref provider.Ref) error {
	leases := a.kube.CoordinationV1().Leases(a.namespace)
	old, err := leases.Get(ctx, leaseName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || err == nil && held(old) != ref.Name {
		return nil
	}
	if err != nil {
		return a.failed("reading the lock", err)
	}
	err = leases.Delete(ctx, leaseName, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &old.UID, ResourceVersion: &old.ResourceVersion}})
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // another has it by now
		return nil
	}
	return a.failed("removing the lock", err)
}

// holder gives who has the cluster locked; "" for nobody.
func (a *access) holder(ctx context.Context) (string, error) {
	old, err := a.kube.CoordinationV1().Leases(a.namespace).Get(ctx, leaseName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", a.failed("reading the lock", err)
	}
	return held(old), nil
}

func held(l *coordinationv1.Lease) string {
	if l.Spec.HolderIdentity == nil {
		return ""
	}
	return *l.Spec.HolderIdentity
}

func (a *access) lockFailed(err error) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err):
		return fmt.Errorf("the cluster of context %s cannot be locked, so that two jobs could use it at once; "+
			"allow the user to create, get, update and delete leases in %s, or set another namespace for the lock: %w", short(a.context), a.namespace, err)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w: the cluster of context %s has no namespace %s for the lock, or the lock went this moment: %w", provider.ErrTransient, short(a.context), a.namespace, err)
	}
	return a.failed("locking it", err)
}
