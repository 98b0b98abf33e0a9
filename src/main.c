// SPDX-License-Identifier: GPL-2.0-only
/* Module init and exit: the order of registrations. */

#include <linux/miscdevice.h>
#include <linux/module.h>
#include <net/rtnetlink.h>

#include "chardev.h"
#include "dev.h"
#include "link.h"
#include "pause.h"
#include "vtun.h"

static int minor = MISC_DYNAMIC_MINOR;
module_param(minor, int, 0444);
MODULE_PARM_DESC(minor, "minor number of /dev/net/vtun, 0 to 254 (default 255: a free one)");

static int __init vtun_init(void)
{
	int err;

	if (minor < 0 || minor > MISC_DYNAMIC_MINOR) {
		pr_err("%s: minor=%d is not in 0 to %d\n", VTUN_NAME, minor,
		       MISC_DYNAMIC_MINOR);
		return -EINVAL;
	}
	vtun_pause_init();
	err = rtnl_link_register(&vtun_link_ops);
	if (err)
		goto err_pause_exit;
	err = register_netdevice_notifier(&vtun_dev_notifier);
	if (err)
		goto err_unregister_link;
	/* The door opens last. */
	err = vtun_chardev_init(minor);
	if (err) {
		pr_err("%s: can't register misc device with minor %d: %d\n",
		       VTUN_NAME, minor, err);
		goto err_unregister_notifier;
	}
	pr_info("%s: " VTUN_DESC ", %s\n", VTUN_NAME, VTUN_VERSION);
	return 0;

err_unregister_notifier:
	unregister_netdevice_notifier(&vtun_dev_notifier);
err_unregister_link:
	rtnl_link_unregister(&vtun_link_ops);
err_pause_exit:
	vtun_pause_exit();
	return err;
}

/* No file is open and no device persists, or the module would be in use. Devices
 * that were made over rtnetlink, and don't persist, go with the link ops.
 */
static void __exit vtun_exit(void)
{
	vtun_chardev_exit();
	rtnl_link_unregister(&vtun_link_ops);
	unregister_netdevice_notifier(&vtun_dev_notifier);
	vtun_pause_exit();
}

module_init(vtun_init);
module_exit(vtun_exit);

MODULE_DESCRIPTION(VTUN_DESC);
MODULE_VERSION(VTUN_VERSION);
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK(VTUN_NAME);
